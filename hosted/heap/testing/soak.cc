// The random trace of lib/heap/testing over the C library's functions, by threads that hand each other blocks:
//   soak THREADS OPERATIONS SEED [LIMIT_MIB ARENA_MIB]
// OPERATIONS are those of all threads together. With a limit, memory runs out now and then, and the trace must find nothing else
// changed: also that the arena, of which the second figure is the size, has no gap in which another's memory could come to stand. Prints one line of counts; a difference from the model ends it by SIGABRT.
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#include <cerrno>
#include <span>

#include "lib/heap/testing/trace_for_test.h"

namespace {

using namespace caponier::heap::testing;

constexpr unsigned kMostThreads = 64;

// posix_memalign and the others of its kind differ in how they say no.
template <bool MayRunOut>
struct LibraryCalls {
  static constexpr bool kMayRunOut = MayRunOut;
  bool refused = true;
  unsigned turn = 0;
  void* Note(void* block) {
    refused = block != nullptr || errno == ENOMEM;
    return block;
  }
  void* Allocate(size_t bytes) { return errno = 0, Note(malloc(bytes)); }
  void* AllocateZeroed(size_t count, size_t each) {
    errno = 0;
    if (turn++ % 2 == 0) return Note(calloc(count, each));
    // As calloc but for what it holds.
    void* block = Note(reallocarray(nullptr, count, each));
    if (block != nullptr) __builtin_memset(block, 0, count * each);
    return block;
  }
  void* AllocateAligned(size_t bytes, size_t alignment) {
    errno = 0;
    switch (turn++ % 3) {
      case 0: {
        void* block = nullptr;
        const int error = posix_memalign(&block, alignment, bytes);
        refused = block != nullptr || error == ENOMEM;
        return block;
      }
      case 1: return Note(aligned_alloc(alignment, bytes));
      default: return Note(memalign(alignment, bytes));
    }
  }
  void* Reallocate(void* block, size_t bytes) { return errno = 0, Note(realloc(block, bytes)); }
  void Free(void* block, size_t) { free(block); }
  size_t SizeOf(void* block) { return malloc_usable_size(block); }
  unsigned char* Reach(void* block) { return static_cast<unsigned char*>(block); }
  bool SawRefusal() const { return refused; }
};

template <bool MayRunOut>
int Soak(unsigned threads, uint64_t operations, uint64_t seed) {
  struct Worker {
    Worker(uint64_t worker_seed, TraceExchange& exchange) : trace(calls, worker_seed, exchange) {}
    LibraryCalls<MayRunOut> calls;
    Trace<LibraryCalls<MayRunOut>> trace;
    uint64_t operations = 0;
    pthread_t thread = {};
  };
  TraceExchange exchange;
  std::unique_ptr<Worker> all_workers[kMostThreads];
  const std::span workers(all_workers, threads);
  for (unsigned i = 0; i < threads; i++) {
    workers[i] = std::make_unique<Worker>(seed * threads + i, exchange);
    workers[i]->operations = operations / threads;
  }
  for (auto& worker : workers) {
    const auto run = [](void* argument) -> void* {
      auto* self = static_cast<Worker*>(argument);
      self->trace.Run(self->operations);
      self->trace.Finish();
      return nullptr;
    };
    if (pthread_create(&worker->thread, nullptr, run, worker.get()) != 0) return std::perror("soak: a thread"), 1;
  }
  TraceCounts all;
  for (auto& worker : workers) {
    pthread_join(worker->thread, nullptr);
    all.operations += worker->trace.counts().operations;
    all.refused += worker->trace.counts().refused;
    all.handed += worker->trace.counts().handed;
  }
  workers.front()->trace.FreeHanded();
  std::printf("%llu operations, %llu refused for want of memory, %llu blocks handed over\n",
              static_cast<unsigned long long>(all.operations), static_cast<unsigned long long>(all.refused),
              static_cast<unsigned long long>(all.handed));
  return 0;
}

// The length of the stretch of addresses around `block` in which there is no gap.
uint64_t ReservedAround(const void* block) {
  std::FILE* maps = std::fopen("/proc/self/maps", "r");
  unsigned long long begin, end, stretch_begin = 0, stretch_end = 0;
  uint64_t found = 0;
  while (maps != nullptr && std::fscanf(maps, "%llx-%llx%*[^\n]", &begin, &end) == 2) {
    if (begin != stretch_end) stretch_begin = begin;
    stretch_end = end;
    if (reinterpret_cast<uintptr_t>(block) - stretch_begin < stretch_end - stretch_begin) found = stretch_end - stretch_begin;
  }
  if (maps != nullptr) std::fclose(maps);
  return found;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4 && count != 6) return std::fputs("usage: soak THREADS OPERATIONS SEED [LIMIT_MIB ARENA_MIB]\n", stderr), 2;
  const auto threads = static_cast<unsigned>(std::atoi(words[1]));
  if (threads == 0 || threads > kMostThreads) return std::fputs("soak: 1 to 64 threads\n", stderr), 2;
  const uint64_t operations = std::strtoull(words[2], nullptr, 10), seed = std::strtoull(words[3], nullptr, 10);
  if (count == 4) return Soak<false>(threads, operations, seed);
  const rlim_t limit = std::strtoull(words[4], nullptr, 10) << 20;
  const rlimit wanted{limit, limit};
  if (setrlimit(RLIMIT_DATA, &wanted) != 0) return std::perror("soak: the limit"), 1;
  const int status = Soak<true>(threads, operations, seed);
  void* block = malloc(1);
  if (ReservedAround(block) < std::strtoull(words[5], nullptr, 10) << 20)
    return std::fputs("soak: the arena has gaps\n", stderr), 1;
  free(block);
  return status;
}
