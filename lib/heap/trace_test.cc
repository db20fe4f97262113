// Random traces of allocations against a model: one thread and several, with memory that runs out, under every check.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lib/heap/testing/test_platform_for_test.h"
#include "lib/heap/testing/trace_for_test.h"

namespace caponier::heap {
namespace {

using testing::PlainPlatform;
using testing::TaggedPlatform;
using testing::TestHeap;
using testing::Trace;
using testing::TraceExchange;

template <typename P, bool MayRunOut>
struct CoreCalls {
  static constexpr bool kMayRunOut = MayRunOut;
  Heap<P>& heap;
  Cache& cache;
  void* Allocate(size_t bytes) { return heap.Allocate(cache, bytes); }
  void* AllocateZeroed(size_t count, size_t each) { return heap.AllocateZeroed(cache, count, each); }
  void* AllocateAligned(size_t bytes, size_t alignment) { return heap.AllocateAligned(cache, bytes, alignment); }
  void* Reallocate(void* block, size_t bytes) { return heap.Reallocate(cache, block, bytes); }
  void Free(void* block, size_t) { heap.Free(cache, block); }
  size_t SizeOf(void* block) { return heap.SizeOf(block); }
  unsigned char* Reach(void* block) { return static_cast<unsigned char*>(P::Tags::Reach(block)); }
  bool SawRefusal() { return true; }
};

// Room for what is live, and for addresses that rest.
constexpr u64 kArena = 64 * kGiB;

// One thread's, over a heap of its own; what is left at the end is looked at and freed.
template <typename P, bool MayRunOut>
struct OneTrace {
  explicit OneTrace(u64 seed, Settings settings = {.arena_bytes = kArena}) : heap(settings), trace(calls, seed, exchange) {}
  ~OneTrace() {
    trace.Finish();
    trace.FreeHanded();
  }
  TestHeap<P> heap;
  CoreCalls<P, MayRunOut> calls{*heap.heap, *heap.cache};
  TraceExchange exchange;
  Trace<CoreCalls<P, MayRunOut>> trace;
};

template <typename P>
struct TraceTest : ::testing::Test {};
using Platforms = ::testing::Types<PlainPlatform, TaggedPlatform>;
TYPED_TEST_SUITE(TraceTest, Platforms);

TYPED_TEST(TraceTest, OneThreadFindsWhatItWrote) { OneTrace<TypeParam, false>(1).trace.Run(100'000); }

TYPED_TEST(TraceTest, ThreadsFindWhatOthersWrote) {
  TestHeap<TypeParam> heap({.arena_bytes = kArena});
  TraceExchange exchange;
  constexpr u64 kThreads = 4;
  using Calls = CoreCalls<TypeParam, false>;
  struct Worker {
    Worker(Heap<TypeParam>& heap, u64 seed, TraceExchange& exchange)
        : cache(heap.OpenCache()), calls{heap, *cache}, trace(calls, seed, exchange) {}
    Cache* cache;
    Calls calls;
    Trace<Calls> trace;
  };
  std::vector<std::unique_ptr<Worker>> workers;
  for (u64 seed = 2; seed < 2 + kThreads; seed++) workers.push_back(std::make_unique<Worker>(*heap.heap, seed, exchange));
  std::vector<std::thread> threads;
  for (auto& worker : workers) {
    threads.emplace_back([&worker] {
      worker->trace.Run(10'000);
      worker->trace.Finish();
    });
  }
  for (std::thread& thread : threads) thread.join();
  workers.front()->trace.FreeHanded();
  u64 handed = 0;
  for (auto& worker : workers) {
    handed += worker->trace.counts().handed;
    heap.heap->CloseCache(worker->cache);
  }
  EXPECT_GT(handed, 500u);
}

// Every so often the platform has nothing to give, for a while.
TYPED_TEST(TraceTest, ShortMemoryChangesNothingElse) {
  OneTrace<TypeParam, true> one(7);
  std::mt19937_64 random(3);
  for (int i = 0; i < 300; i++) {
    TypeParam::fail_in = static_cast<i64>(random() % 20);
    one.trace.Run(100);
    TypeParam::fail_in = -1;
    one.trace.Run(200);
  }
  EXPECT_GT(one.trace.counts().refused, 20u);
}

// Pages that move find their destination taken by somebody else now and then: that is never touched again.
TYPED_TEST(TraceTest, LostAddressesAreLeftAlone) {
  OneTrace<TypeParam, true> one(9, {.arena_bytes = 512 * kMiB});  // so that addresses are used again soon
  TypeParam::loses_every = 15;
  one.trace.Run(30'000);
  EXPECT_GT(TypeParam::lost.size(), 3u);
  EXPECT_FALSE(TypeParam::touched_lost);
}

TYPED_TEST(TraceTest, EverySettingHolds) {
  for (const Settings& settings : {Settings{.sample = 1, .arena_bytes = kArena}, Settings{.sample = 20, .arena_bytes = kArena},
                                   Settings{.zero = false, .check = Check::kOff, .canary = false, .arena_bytes = kArena},
                                   Settings{.shuffle = true, .quarantine = 128, .arena_bytes = kArena}}) {
    OneTrace<TypeParam, false>(11, settings).trace.Run(10'000);
  }
}

}  // namespace
}  // namespace caponier::heap
