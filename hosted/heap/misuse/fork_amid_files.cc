// Threads read long lines and flush all files while others fork, and children use the heap and the files: status 0. For hosted_test.sh. A lock of the heap
// that a fork closes before the C library's list of files stops all of them.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

static std::atomic<bool> g_ends = false;

static void* Read(void*) {
  FILE* file = tmpfile();
  if (file == nullptr) abort();
  for (int i = 0; i < 50'000; i++) fputc('x', file);
  while (!g_ends) {
    rewind(file);
    char* line = nullptr;
    size_t bytes = 0;
    if (getline(&line, &bytes, file) != 50'000) abort();
    free(line);
  }
  fclose(file);
  return nullptr;
}
static void* Flush(void*) {
  while (!g_ends) fflush(nullptr);
  return nullptr;
}
static void* Fork(void*) {
  while (!g_ends) {
    const pid_t child = fork();
    if (child == 0) {
      FILE* file = fopen("/dev/null", "w");
      free(malloc(100'000));
      _exit(file == nullptr || fputs("child", file) < 0 || fclose(file) != 0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) abort();
  }
  return nullptr;
}

int main() {
  alarm(60);
  pthread_t threads[8];
  for (int i = 0; i < 8; i++)
    if (pthread_create(&threads[i], nullptr, i < 1 ? Flush : i < 5 ? Read : Fork, nullptr) != 0) return 2;
  sleep(2);
  g_ends = true;
  for (auto thread : threads) pthread_join(thread, nullptr);
  return 0;
}
