// Handlers of a program's that were registered before the heap's allocate in the midst of a fork, in parent and child, beside another thread that
// does: status 0. For hosted_test.sh, linked statically, where the program's own constructors can come first.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void Use() {
  for (size_t bytes = 8; bytes < 3'000'000; bytes *= 3) {
    void* volatile block = malloc(bytes);
    memset(block, 1, bytes);
    free(block);
  }
  void* many[300];
  for (size_t i = 0; i < 300; i++) many[i] = malloc(i * 17 % 3000);
  for (void* block : many) free(block);
}

[[gnu::constructor(101)]] static void Register() { pthread_atfork(Use, Use, Use); }

static void* Churn(void* rounds) {
  for (auto left = reinterpret_cast<size_t>(rounds); left != 0; left--) {
    void* volatile block = malloc(left % 5000);
    free(block);
  }
  return nullptr;
}

int main() {
  alarm(60);
  pthread_t thread;
  if (pthread_create(&thread, nullptr, Churn, reinterpret_cast<void*>(2'000'000)) != 0) return 2;
  for (int i = 0; i < 50; i++) {
    const pid_t child = fork();
    if (child == 0) {
      Churn(reinterpret_cast<void*>(10'000));
      _exit(0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return pthread_join(thread, nullptr);
}
