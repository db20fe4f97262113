// Threads that start and end, one after the other, leave no memory behind: status 0. For hosted_test.sh.
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static long PagesInMemory() {
  char text[128] = {};
  const int file = open("/proc/self/statm", O_RDONLY);
  const ssize_t got = read(file, text, sizeof(text) - 1);
  close(file);
  char* end = text;
  strtol(text, &end, 10);
  return got <= 0 ? -1 : strtol(end, nullptr, 10);
}

static void* Work(void* bytes) {
  void* volatile block = malloc(reinterpret_cast<size_t>(bytes));
  free(block);
  return nullptr;
}

static bool Run(size_t threads) {
  for (size_t i = 0; i < threads; i++) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, Work, reinterpret_cast<void*>(16 + i % 100)) != 0) return false;
    pthread_join(thread, nullptr);
  }
  return true;
}

int main() {
  if (!Run(100)) return 2;
  const long before = PagesInMemory();
  if (!Run(2000)) return 2;
  const long more = PagesInMemory() - before;
  return before > 0 && more < 256 ? 0 : 1;  // a MiB
}
