// Threads whose first blocks are wanted when there is no memory get null and ENOMEM, or a block, and what they free is freed: status 0. For
// hosted_test.sh.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static constexpr size_t kThreads = 20, kMost = 100'000;
static void* g_held[kMost];
static pthread_barrier_t g_full;

static bool Try(void* block) {
  const bool right = block != nullptr || errno == ENOMEM;
  free(block);
  return right;
}
static void* Work(void* others) {
  pthread_barrier_wait(&g_full);
  errno = 0;
  bool right = Try(malloc(100)) && Try(malloc(300'000)) && Try(calloc(10, 10)) && Try(aligned_alloc(64, 64));
  errno = 7;
  free(others);
  right = right && errno == 7;
  return right ? others : nullptr;
}

int main() {
  alarm(60);
  const rlimit limit = {64 << 20, 64 << 20};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) return 2;
  pthread_barrier_init(&g_full, nullptr, kThreads + 1);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  pthread_t threads[kThreads];
  for (size_t i = 0; i < kThreads; i++)
    if (pthread_create(&threads[i], &attributes, Work, malloc(i % 2 == 0 ? 100 : 1'000'000)) != 0) return 3;
  size_t held = 0;
  for (size_t bytes = 1 << 20; bytes >= 16 && held < kMost;) {
    void* block = malloc(bytes);
    if (block == nullptr) {
      if (errno != ENOMEM) return 4;
      bytes /= 2;
      continue;
    }
    memset(block, 1, bytes);
    g_held[held++] = block;
  }
  pthread_barrier_wait(&g_full);
  for (const pthread_t thread : threads) {
    void* right = nullptr;
    pthread_join(thread, &right);
    if (right == nullptr) return 5;
  }
  for (size_t i = 0; i < held; i++) free(g_held[i]);
  void* volatile large = malloc(16 << 20);
  return large != nullptr ? 0 : 6;
}
