#include "lib/heap/heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "lib/heap/testing/test_platform_for_test.h"

namespace caponier::heap {
namespace {

using testing::CrimeOf;
using testing::PlainPlatform;
using testing::SimulatedTags;
using testing::TaggedPlatform;
using testing::TestHeap;

template <typename P>
struct HeapTest : ::testing::Test {
  static char* Reach(void* block) { return static_cast<char*>(P::Tags::Reach(block)); }
};
using Platforms = ::testing::Types<PlainPlatform, testing::NarrowPlatform, TaggedPlatform>;
TYPED_TEST_SUITE(HeapTest, Platforms);

constexpr u64 kSizes[] = {0,    1,    15,   16,   17,      24,      64,      100,     1000,
                          1016, 1024, 4096, 5000, 100'000, 262'136, 262'144, 300'000, 5'000'000};

TYPED_TEST(HeapTest, BlocksOfAllSizesAreApartAlignedAndZero) {
  TestHeap<TypeParam> heap;
  std::map<u64, u64> blocks;
  for (const u64 bytes : kSizes) {
    for (int i = 0; i < 20; i++) {
      void* block = heap.Allocate(bytes);
      ASSERT_NE(block, nullptr) << bytes;
      const u64 address = TypeParam::Tags::Address(block);
      EXPECT_TRUE(IsAligned(address, kGranule));
      EXPECT_EQ(heap.heap->SizeOf(block), bytes);
      for (u64 j = 0; j < bytes; j++) ASSERT_EQ(this->Reach(block)[j], 0);
      memset(this->Reach(block), 0xaa, bytes);
      const auto [at, fresh] = blocks.emplace(address, bytes);
      EXPECT_TRUE(fresh);
      if (const auto next = std::next(at); next != blocks.end()) EXPECT_LE(address + bytes, next->first);
      if (at != blocks.begin()) EXPECT_LE(std::prev(at)->first + std::prev(at)->second, address);
    }
  }
}

TYPED_TEST(HeapTest, FreedBlocksComeBackZeroAndRested) {
  TestHeap<TypeParam> heap;
  for (const u64 bytes : {u64{1}, u64{40}, u64{500}, u64{8000}, u64{200'000}}) {
    std::vector<u64> freed;
    for (int i = 0; i < 2000; i++) {
      void* block = heap.Allocate(bytes);
      const u64 address = TypeParam::Tags::Address(block);
      const auto last = std::find(freed.rbegin(), freed.rend(), address);
      if (last != freed.rend()) EXPECT_GE(last - freed.rbegin(), PlanBin(SlotBytes(ClassFor(bytes + 8)), 32).resting) << bytes;
      for (u64 j = 0; j < bytes; j++) ASSERT_EQ(this->Reach(block)[j], 0);
      memset(this->Reach(block), 1, bytes);
      heap.Free(block);
      freed.push_back(address);
    }
  }
}

TYPED_TEST(HeapTest, ImpossibleSizesAreRefused) {
  TestHeap<TypeParam> heap;
  for (const u64 bytes : {~u64{0}, ~u64{0} - 7, ~u64{0} - 8, ~u64{0} - 15, ~u64{0} - 16, ~u64{0} - 4095, ~u64{0} - 4096,
                          u64{1} << 63, (u64{1} << 63) - 1, u64{1} << 47, 2 * kGiB}) {
    EXPECT_EQ(heap.Allocate(bytes), nullptr) << bytes;
    EXPECT_EQ(heap.AllocateAligned(bytes, 64), nullptr) << bytes;
    EXPECT_EQ(heap.AllocateAligned(bytes, kMiB), nullptr) << bytes;
    void* block = heap.Allocate(10);
    EXPECT_EQ(heap.Reallocate(block, bytes), nullptr) << bytes;
    EXPECT_EQ(heap.heap->SizeOf(block), 10u) << "a failed realloc leaves the block";
    void* large = heap.Allocate(kMiB);
    EXPECT_EQ(heap.Reallocate(large, bytes), nullptr) << bytes;
    EXPECT_EQ(heap.heap->SizeOf(large), kMiB);
    heap.Free(large);
    heap.Free(block);
  }
  EXPECT_EQ(heap.heap->AllocateZeroed(*heap.cache, u64{1} << 32, u64{1} << 32), nullptr);
  EXPECT_EQ(heap.heap->AllocateZeroed(*heap.cache, ~u64{0}, 2), nullptr);
  EXPECT_EQ(heap.AllocateAligned(16, u64{1} << 63), nullptr);
}

TYPED_TEST(HeapTest, AlignedBlocksAre) {
  TestHeap<TypeParam> heap({.arena_bytes = 16 * kGiB});
  for (u64 alignment = 1; alignment <= 64 * kMiB; alignment *= 2) {
    for (const u64 bytes : {u64{0}, u64{1}, u64{33}, u64{4096}, u64{70'000}, u64{300'000}}) {
      void* block = heap.AllocateAligned(bytes, alignment);
      ASSERT_NE(block, nullptr) << bytes << " at " << alignment;
      EXPECT_TRUE(IsAligned(TypeParam::Tags::Address(block), alignment));
      EXPECT_EQ(heap.heap->SizeOf(block), bytes);
      memset(this->Reach(block), 0x55, bytes);
      heap.Free(block);
    }
  }
}

TYPED_TEST(HeapTest, ReallocKeepsTheBytes) {
  TestHeap<TypeParam> heap;
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; round++) {
    u64 bytes = random() % 300;
    auto* block = heap.Allocate(bytes);
    for (u64 i = 0; i < bytes; i++) this->Reach(block)[i] = static_cast<char>(i * 7);
    for (int step = 0; step < 10; step++) {
      const u64 to = random() % (u64{1} << (4 + random() % 18));
      block = heap.Reallocate(block, to);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(heap.heap->SizeOf(block), to);
      for (u64 i = 0; i < std::min(bytes, to); i++)
        ASSERT_EQ(this->Reach(block)[i], static_cast<char>(i * 7)) << bytes << " to " << to;
      for (u64 i = 0; i < to; i++) this->Reach(block)[i] = static_cast<char>(i * 7);
      bytes = to;
    }
    heap.Free(block);
  }
}

TYPED_TEST(HeapTest, WrongFreesAreCalledByTheirNames) {
  TestHeap<TypeParam> heap;
  for (const u64 bytes : {u64{1}, u64{24}, u64{100}, u64{130}, u64{3000}, u64{200'000}, u64{400'000}}) {
    SCOPED_TRACE(bytes);
    char* block = static_cast<char*>(heap.Allocate(bytes));
    EXPECT_EQ(CrimeOf([&] { heap.Free(block + 1); }), Crime::kMisalignedFree);
    if (bytes > 16) EXPECT_EQ(CrimeOf([&] { heap.Free(block + 16); }), Crime::kInteriorFree);
    if (bytes == 130) EXPECT_EQ(CrimeOf([&] { heap.Free(block + 144); }), Crime::kBehindFree);
    if (bytes == 400'000) EXPECT_EQ(CrimeOf([&] { heap.Free(block + bytes); }), Crime::kBehindFree);
    EXPECT_EQ(CrimeOf([&] { heap.heap->FreeSized(*heap.cache, block, bytes + 1); }), Crime::kWrongSizeFree);
    const auto free_aligned = [&](u64 alignment) {
      heap.heap->FreeAligned(*heap.cache, block, alignment, typename Heap<TypeParam>::Unsaid());
    };
    for (const u64 alignment : {u64{1} << 40, u64{0}, u64{24}})
      EXPECT_EQ(CrimeOf([&] { free_aligned(alignment); }), Crime::kWrongAlignment) << alignment;
    EXPECT_EQ(CrimeOf([&] { heap.heap->FreeSized(*heap.cache, block, ~u64{0}); }), Crime::kWrongSizeFree);
    EXPECT_EQ(CrimeOf([&] { heap.heap->FreeSized(*heap.cache, block, bytes); }), std::nullopt);
    EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kDoubleFree);
    EXPECT_EQ(CrimeOf([&] { heap.Reallocate(block, 5); }), Crime::kDoubleFree);
    EXPECT_EQ(CrimeOf([&] { heap.heap->SizeOf(block); }), Crime::kDoubleFree);
  }
  int local = 0;
  EXPECT_EQ(CrimeOf([&] { heap.Free(&local); }), Crime::kForeignFree);
  EXPECT_EQ(CrimeOf([&] { heap.Free(reinterpret_cast<void*>(0x10)); }), Crime::kForeignFree);
  EXPECT_EQ(CrimeOf([&] { heap.Free(reinterpret_cast<void*>(~u64{0} - 15)); }), Crime::kForeignFree);
}

// Another thread frees the same large block in the midst of its free.
TYPED_TEST(HeapTest, OfTwoFreesOfALargeBlockAtOnceOneIsFound) {
  TestHeap<TypeParam> heap;
  Cache* other = heap.heap->OpenCache();
  void* block = heap.Allocate(300'000);
  heap.cache->ForgetBytes();
  TypeParam::meanwhile = [&] { heap.heap->Free(*other, block); };
  EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kDoubleFree);
}

// Two threads free one block in the same instant, again and again: one of them is told each time.
TYPED_TEST(HeapTest, OfTwoFreesInOneInstantOneIsFound) {
  constexpr int kRounds = 2000;
  TestHeap<TypeParam> heap;
  Cache* caches[2] = {heap.cache, heap.heap->OpenCache()};
  for (const u64 bytes : {u64{40}, u64{200}, u64{3000}, u64{20'000}}) {
    std::atomic<void*> block = nullptr;
    std::atomic<int> ready = 0, round = 0, found = 0;
    const auto free_each = [&](int self) {
      for (int i = 1; i <= kRounds; i++) {
        if (self == 0) EXPECT_EQ(CrimeOf([&] { block = heap.heap->Allocate(*caches[0], bytes); }), std::nullopt);
        for (ready++; ready < 2 * i;) std::this_thread::yield();
        // An overflow to who comes while the other clears the block's end.
        found += CrimeOf([&] { heap.heap->Free(*caches[self], block); }).has_value();
        for (round++; round < 2 * i;) std::this_thread::yield();
      }
    };
    std::thread other(free_each, 1);
    free_each(0);
    other.join();
    EXPECT_EQ(found, kRounds) << bytes;
  }
}

// A pointer into a slab at a slot that never was a block's, into a guard, and far beyond everything.
TYPED_TEST(HeapTest, PlacesThatNeverWereBlocksAreForeign) {
  TestHeap<TypeParam> heap;
  const u64 block = TypeParam::Tags::Address(heap.Allocate(100)), unit = AlignDown(block, kUnitBytes);
  std::set<std::optional<Crime>> crimes;
  for (u64 slot = unit + (block - unit) % 112; slot < unit + kUnitBytes; slot += 112)
    crimes.insert(CrimeOf([&] { heap.Free(reinterpret_cast<void*>(slot)); }));
  crimes.erase(std::nullopt);  // the block itself, where no tag tells
  EXPECT_EQ(crimes, std::set<std::optional<Crime>>{Crime::kForeignFree});
  EXPECT_EQ(CrimeOf([&] { heap.Free(reinterpret_cast<void*>(unit + kUnitBytes)); }), Crime::kForeignFree);
  EXPECT_EQ(CrimeOf([&] { heap.Free(reinterpret_cast<void*>(unit + 512 * kMiB)); }), Crime::kForeignFree);
}

// Any change of any byte of the canary, and of the zeros up to a large block's page.
TYPED_TEST(HeapTest, OverflowsAreFoundWhenTheBlockIsFreed) {
  TestHeap<TypeParam> heap;
  constexpr bool kTagged = TypeParam::Tags::kPossible;
  for (const u64 bytes : {u64{1}, u64{8}, u64{21}, u64{100}, u64{1001}, u64{70'001}, u64{300'001}}) {
    const u64 guarded = kTagged || bytes > kMaxSlotBytes ? AlignUp(bytes, kGranule) - bytes : kCanaryBytes;
    for (u64 beyond = 0; beyond < guarded; beyond++) {
      char* block = static_cast<char*>(heap.Allocate(bytes));
      this->Reach(block)[bytes + beyond] ^= 0x40;
      EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kOverflowFound) << bytes << " + " << beyond;
      EXPECT_EQ(CrimeOf([&] { heap.Reallocate(block, bytes - 1); }), Crime::kOverflowFound) << bytes << " + " << beyond;
    }
    char* block = static_cast<char*>(heap.Allocate(bytes));
    this->Reach(block)[bytes] = 0;  // the end of a string
    EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kOverflowFound) << bytes;
  }
}

TYPED_TEST(HeapTest, UnderflowsOfLargeBlocksAreFound) {
  TestHeap<TypeParam> heap;
  char* block = static_cast<char*>(heap.Allocate(300'000));
  this->Reach(block)[-1] = 1;
  EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kUnderflowFound);
}

TYPED_TEST(HeapTest, WritesToFreeMemoryAreFoundAtReuse) {
  TestHeap<TypeParam> heap({.check = Check::kOn});
  for (const u64 bytes : {u64{8}, u64{24}, u64{50}, u64{64}, u64{80}, u64{100}, u64{120}, u64{200}, u64{1000}, u64{100'000}}) {
    for (const u64 at : {u64{0}, bytes / 4, bytes / 2, bytes * 3 / 4, bytes - 1}) {
      char* block = static_cast<char*>(heap.Allocate(bytes));
      heap.Free(block);
      this->Reach(block)[at] = 1;
      const auto crime = CrimeOf([&] {
        for (int i = 0; i < 1000; i++) heap.Free(heap.Allocate(bytes));
      });
      EXPECT_EQ(crime, Crime::kWriteToFree) << bytes << " at " << at;
    }
  }
}

// A large slot is not looked at beyond what its block gets, until the block grows into that.
TYPED_TEST(HeapTest, WritesToFreeMemoryAreFoundWhenABlockGrowsIntoIt) {
  for (const u64 at : {u64{43'000}, u64{44'999}}) {
    TestHeap<TypeParam> heap({.check = Check::kOn, .quarantine = 0, .arena_bytes = kGiB});
    void* block = heap.Allocate(45'000);
    const u64 address = TypeParam::Tags::Address(block);
    heap.Free(block);
    reinterpret_cast<char*>(address)[at] = 1;
    for (int i = 0; i < 100 && (i == 0 || TypeParam::Tags::Address(block) != address); i++) block = heap.Allocate(41'000);
    ASSERT_EQ(TypeParam::Tags::Address(block), address);
    EXPECT_EQ(heap.Reallocate(block, 42'000), block);
    EXPECT_EQ(CrimeOf([&] { heap.Reallocate(block, 45'000); }), Crime::kWriteBehindFound) << at;
  }
}

// Whether it went behind one block or before the next is told by what is nearer.
TYPED_TEST(HeapTest, AnAccessBetweenLargeBlocksIsLaidToTheNearerOne) {
  TestHeap<TypeParam> heap({.arena_bytes = kGiB});
  u64 last = 0;
  bool adjacent = false;
  for (int i = 0; i < 100; i++) {
    const u64 block = TypeParam::Tags::Address(heap.Allocate(300'000)), pages = AlignDown(block, kPageSize);
    Misuse misuse{};
    ASSERT_TRUE(heap.heap->Explain(reinterpret_cast<void*>(pages - 100), &misuse));
    EXPECT_EQ(misuse.crime, Crime::kUnderflow);
    EXPECT_EQ(misuse.distance, block - pages + 100);
    if (last != 0) {
      ASSERT_TRUE(heap.heap->Explain(reinterpret_cast<void*>(last + 300'100), &misuse));
      EXPECT_EQ(misuse.crime, Crime::kOverflow);
      EXPECT_EQ(misuse.distance, 100u);
      adjacent = adjacent || block - last < 600'000;
    }
    last = block;
  }
  EXPECT_TRUE(adjacent);
}

// Blocks that were freed wait for others all over the addresses.
TYPED_TEST(HeapTest, WhatWaitsMakesRoom) {
  const auto try_to = [](auto action) {
    TestHeap<TypeParam> heap({.arena_bytes = 256 * kMiB});
    void* live = heap.Allocate(kMiB / 2);  // in the arena's lower half
    std::vector<void*> blocks;
    for (int i = 0; i < 24; i++) {
      blocks.push_back(heap.Allocate(kMiB));
      memset(HeapTest<TypeParam>::Reach(blocks.back()), 1, kMiB);
    }
    for (void* block : blocks) heap.Free(block);
    return action(heap, live);
  };
  EXPECT_NE(try_to([](auto& heap, void*) { return heap.Allocate(100 * kMiB); }), nullptr) << "for a large block";
  EXPECT_NE(try_to([](auto& heap, void* live) { return heap.Reallocate(live, 60 * kMiB); }), nullptr) << "for a longer one";
  for (int i = 0; i < 10; i++) {
    TestHeap<TypeParam> heap({.arena_bytes = 128 * kMiB});
    void* blocks[] = {heap.Allocate(30 * kMiB), heap.Allocate(30 * kMiB)};
    for (void* block : blocks) heap.Free(block);
    int slots = 0;
    while (heap.Allocate(200'000) != nullptr) slots++;
    EXPECT_GT(slots, 300) << "for slabs";
  }
}

// What was written behind a block while it lived is not called a write to free memory.
TYPED_TEST(HeapTest, WritesToTheRestOfASlotAreCalledByTheirName) {
  for (const u64 bytes : {u64{130}, u64{2600}}) {
    TestHeap<TypeParam> heap({.check = Check::kOn});
    char* block = static_cast<char*>(heap.Allocate(bytes));
    this->Reach(block)[bytes + 20] = 1;
    const auto crime = CrimeOf([&] {
      heap.Free(block);
      for (int i = 0; i < 1000; i++) heap.Free(heap.Allocate(bytes));
    });
    EXPECT_EQ(crime, Crime::kWriteBehindFound) << bytes;
  }
}

TYPED_TEST(HeapTest, ThreadsMayFreeEachOthersBlocks) {
  TestHeap<TypeParam> heap;
  constexpr int kThreads = 4, kRounds = 20'000;
  std::atomic<void*> handed[64] = {};
  const auto work = [&](u64 seed) {
    Cache* cache = heap.heap->OpenCache();
    std::mt19937_64 random(seed);
    for (int i = 0; i < kRounds; i++) {
      const u64 bytes = random() % 600;
      void* block = heap.heap->Allocate(*cache, bytes);
      memset(this->Reach(block), 0x77, bytes);
      heap.heap->Free(*cache, handed[random() % 64].exchange(block));
    }
    heap.heap->CloseCache(cache);
  };
  std::vector<std::thread> threads;
  for (u64 i = 0; i < kThreads; i++) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  for (auto& block : handed) heap.Free(block.exchange(nullptr));
}

// Threads write to no line of each other's slabs, also after they have freed each other's blocks.
TYPED_TEST(HeapTest, ThreadsHaveSlabsOfTheirOwn) {
  TestHeap<TypeParam> heap;
  constexpr int kCaches = 3;
  Cache* caches[kCaches] = {heap.cache, heap.heap->OpenCache(), heap.heap->OpenCache()};
  std::map<u64, int> owners;  // of units
  std::vector<void*> blocks[kCaches];
  for (int round = 0; round < 6; round++) {
    for (int i = 0; i < 300 * kCaches; i++) {
      const int owner = i % kCaches;
      void* block = heap.heap->Allocate(*caches[owner], 40 + i % 100);
      ASSERT_NE(block, nullptr);
      blocks[owner].push_back(block);
      const auto [at, fresh] = owners.emplace(TypeParam::Tags::Address(block) / kUnitBytes, owner);
      ASSERT_EQ(at->second, owner) << "round " << round;
    }
    for (int owner = 0; owner < kCaches; owner++) {
      for (void* block : blocks[owner]) heap.heap->Free(*caches[(owner + round) % kCaches], block);
      blocks[owner].clear();
    }
  }
}

// What a thread frees for another rests as long as what it frees for itself.
TYPED_TEST(HeapTest, BlocksThatAnotherThreadFreesRest) {
  TestHeap<TypeParam> heap;
  Cache* other = heap.heap->OpenCache();
  for (const u64 bytes : {u64{1}, u64{40}, u64{200}}) {
    const auto resting = static_cast<int>(PlanBin(SlotBytes(ClassFor(bytes + 8)), 32).resting);
    std::map<u64, int> freed;  // when
    int reused = 0;
    for (int i = 0; i < 3000; i++) {
      void* block = heap.Allocate(bytes);
      const u64 address = TypeParam::Tags::Address(block);
      if (const auto before = freed.find(address); before != freed.end()) {
        EXPECT_GE(i - before->second, resting) << bytes;
        reused++;
      }
      memset(this->Reach(block), 1, bytes);
      heap.heap->Free(*other, block);
      freed[address] = i;
    }
    EXPECT_GT(reused, 1000) << bytes;
  }
}

// A slab that is half free serves another thread before there is a fresh one.
TYPED_TEST(HeapTest, HalfFreeSlabsServeOtherThreads) {
  TestHeap<TypeParam> heap;
  Cache* other = heap.heap->OpenCache();
  std::vector<void*> blocks(20'000);
  for (void*& block : blocks) block = heap.Allocate(100);
  for (size_t i = 0; i < blocks.size(); i++)
    if (i % 4 != 0) heap.Free(blocks[i]);
  const u64 before = heap.heap->bytes_in_slabs();
  for (int i = 0; i < 10'000; i++) ASSERT_NE(heap.heap->Allocate(*other, 100), nullptr);
  EXPECT_EQ(heap.heap->bytes_in_slabs(), before);
  for (size_t i = 0; i < blocks.size(); i += 4) heap.Free(blocks[i]);
}

// Every call to the platform fails once: the heap says so and is whole afterwards.
TYPED_TEST(HeapTest, ShortMemoryIsAnAnswerNotACrash) {
  for (i64 fail = 0; fail < 60; fail++) {
    TestHeap<TypeParam> heap;
    TypeParam::fail_in = fail;
    std::vector<std::pair<void*, u64>> blocks;
    int refused = 0;
    for (u64 i = 0; i < 300; i++) {
      const u64 bytes = kSizes[i % std::size(kSizes)];
      void* block = heap.Allocate(bytes);
      if (block == nullptr) refused++;
      if (block != nullptr && i % 3 == 0) {
        void* larger = heap.Reallocate(block, bytes * 3 + 1);
        blocks.emplace_back(larger != nullptr ? larger : block, larger != nullptr ? bytes * 3 + 1 : bytes);
      } else if (block != nullptr) {
        blocks.emplace_back(block, bytes);
      }
    }
    EXPECT_GT(refused, 0);
    TypeParam::fail_in = -1;
    for (const auto& [block, bytes] : blocks) EXPECT_EQ(heap.heap->SizeOf(block), bytes);
    for (const auto& [block, bytes] : blocks) heap.Free(block);
    for (const u64 bytes : kSizes) EXPECT_NE(heap.Allocate(bytes), nullptr);
  }
}

TYPED_TEST(HeapTest, MemoryGoesBackWhenBlocksDo) {
  TestHeap<TypeParam> heap;
  std::vector<void*> blocks;
  for (int i = 0; i < 20'000; i++) blocks.push_back(heap.Allocate(4000));
  const u64 most = TypeParam::committed;
  EXPECT_GE(most, 80'000'000u);
  for (void* block : blocks) heap.Free(block);
  EXPECT_LT(TypeParam::committed, most / 2);
}

// Rounds of blocks that change in size: the pages of one class's empty slabs serve the next one's.
TEST(PlainHeap, EmptySlabsServeWhicheverClassNeedsThem) {
  TestHeap<PlainPlatform> heap;
  std::vector<void*> blocks(2000);
  u64 commits_before = 0;
  for (u64 round = 0; round < 100; round++) {
    if (round == 25) commits_before = PlainPlatform::commits;
    for (void*& block : blocks) block = heap.Allocate(100 + round % 25 * 40);
    for (void* block : blocks) heap.Free(block);
  }
  // The most that is in use at once is 2.3 MB, and each class's resting slots hold on to a slab or two.
  EXPECT_LT(PlainPlatform::committed, 12 * kMiB);
  EXPECT_LT(PlainPlatform::commits - commits_before, 75u) << "less than a new slab a round";
}

// A class with up to 32 MiB keeps its slabs when all of its blocks go; one whose slots may leave pages without memory 4 MiB.
TEST(PlainHeap, EmptySlabsOfSmallSlotsStay) {
  const auto left = [](u64 bytes, u64 all) {
    TestHeap<PlainPlatform> heap;
    std::vector<void*> blocks(all / bytes);
    for (void*& block : blocks) block = heap.Allocate(bytes);
    for (void* block : blocks) heap.Free(block);
    return u64{PlainPlatform::committed};
  };
  EXPECT_GT(left(100, 24 * kMiB), 24 * kMiB);
  EXPECT_LT(left(100, 100 * kMiB), 50 * kMiB);
  EXPECT_LT(left(8000, 24 * kMiB), 12 * kMiB) << "a third at first";
}

// Of a class with much memory the next pages of a slab come in stretches, each once; of others those that are used.
TEST(PlainHeap, PagesComeInStretchesWhereManyAreUsed) {
  TestHeap<PlainPlatform> heap;
  std::vector<void*> blocks;
  for (int i = 0; i < 4000; i++) blocks.push_back(heap.Allocate(56));
  for (int i = 0; i < 200; i++) blocks.push_back(heap.Allocate(1000));
  EXPECT_EQ(PlainPlatform::populated, 0u);
  for (int i = 0; i < 100'000; i++) blocks.push_back(heap.Allocate(56));
  const u64 populated = PlainPlatform::populated;
  EXPECT_GT(populated, 100'000 * 64 - kMiB);
  EXPECT_LE(populated, heap.heap->bytes_in_slabs());
  for (void* block : blocks) heap.Free(block);
  for (int i = 0; i < 50'000; i++) heap.Allocate(120);
  EXPECT_LT(PlainPlatform::populated, populated + 2 * kMiB) << "what another class used is there";
}

// A class begins with a part of a unit, which stands anywhere in it, with nothing before and behind.
TEST(PlainHeap, FirstSlabsArePartsOfUnits) {
  std::set<u64> places;
  for (int i = 0; i < 30; i++) {
    TestHeap<PlainPlatform> heap;
    const u64 address = reinterpret_cast<u64>(heap.Allocate(240)), unit = AlignDown(address, kUnitBytes);
    EXPECT_EQ(heap.heap->bytes_in_slabs(), kFirstSlabBytes);
    EXPECT_TRUE(IsAligned(address, kPageSize)) << "the first of few slots";
    EXPECT_LE(address + kFirstSlabBytes, unit + kUnitBytes);
    places.insert(address - unit);
    for (const u64 beside : {address - kPageSize, address + kFirstSlabBytes})
      EXPECT_EQ(CrimeOf([&] { heap.Free(reinterpret_cast<void*>(beside)); }), Crime::kForeignFree);
    for (int j = 1; j < 300; j++) heap.Allocate(240);
    EXPECT_EQ(heap.heap->bytes_in_slabs(), kFirstSlabs * kFirstSlabBytes + kUnitBytes);
  }
  EXPECT_GE(places.size(), 5u);
}

// Of metadata, what was given back serves the same size alone, cleared.
TEST(PlainHeap, MetadataIsUsedAgainForItsSize) {
  Metadata<PlainPlatform> metadata;
  ASSERT_TRUE(metadata.Open(kMiB).ok());
  auto* first = static_cast<u8*>(metadata.Take(1100).value());
  auto* second = static_cast<u8*>(metadata.Take(1200).value());
  EXPECT_GE(second, first + 1100);
  EXPECT_LE(second, first + 1100 + 64) << "nothing is left over";
  first[1000] = second[1000] = 1;
  metadata.Give(first, 1100);
  EXPECT_NE(metadata.Take(1200).value(), first);
  metadata.Give(second, 1200);
  EXPECT_EQ(metadata.Take(1100).value(), first);
  EXPECT_EQ(first[1000], 0);
  EXPECT_EQ(metadata.Take(1200).value(), second);
  PlainPlatform::Reset();
}

// Of three sizes that are one class, whichever is taken first and whichever first runs out.
TEST(PlainHeap, NoPieceOfMetadataServesAnotherSizeOrTwice) {
  Metadata<PlainPlatform> metadata;
  ASSERT_TRUE(metadata.Open(kMiB).ok());
  constexpr u64 kThree[] = {1100, 1200, 1280};
  std::vector<std::pair<void*, u64>> pieces;
  for (int i = 0; i < 12; i++) pieces.emplace_back(metadata.Take(kThree[i % 3]).value(), kThree[i % 3]);
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; round++) {
    std::ranges::shuffle(pieces, random);
    for (const auto& [piece, bytes] : pieces) metadata.Give(piece, bytes);
    std::map<void*, u64> given(pieces.begin(), pieces.end());
    std::ranges::shuffle(pieces, random);
    for (auto& [piece, bytes] : pieces) {
      piece = metadata.Take(bytes).value();
      ASSERT_TRUE(given.contains(piece)) << "another piece, or one twice";
      ASSERT_EQ(given[piece], bytes);
      given.erase(piece);
    }
  }
  PlainPlatform::Reset();
}

// Whatever stands there, the canary's end or zeros; without it, the canary itself.
TEST(PlainHeap, UnderflowsAreFoundWhenTheNeighbourIsFreed) {
  for (const bool usual : {true, false}) {
    for (const u64 bytes :
         {u64{0}, u64{5}, u64{24}, u64{40}, u64{41}, u64{47}, u64{48}, u64{100}, u64{500}, u64{3000}, u64{20'000}}) {
      TestHeap<PlainPlatform> heap({.record = usual ? u32{0} : u32{1}, .arena_bytes = kGiB});
      char* last = static_cast<char*>(heap.Allocate(bytes));
      char* block = static_cast<char*>(heap.Allocate(bytes));
      const auto slot = static_cast<u64>(block - last);
      ASSERT_GE(slot, bytes + kCanaryBytes) << "a fresh slab's slots are dealt out in a row";
      ASSERT_LE(slot, bytes + bytes / 4 + 32);
      for (u64 before = 1; before <= 8; before++) {
        block[-static_cast<i64>(before)] ^= 0x40;
        const Crime crime = slot - before < bytes + kCanaryBytes ? Crime::kOverflowFound : Crime::kSlackWritten;
        EXPECT_EQ(CrimeOf([&] { heap.Free(last); }), crime) << bytes << " - " << before;
        EXPECT_EQ(CrimeOf([&] { heap.Reallocate(last, bytes + 1); }), crime) << bytes << " - " << before;
        block[-static_cast<i64>(before)] ^= 0x40;
      }
      EXPECT_EQ(CrimeOf([&] { heap.Free(last); }), std::nullopt) << bytes;
    }
  }
}

// What a block was before it was made smaller in its slot is slack, and zero.
TEST(PlainHeap, SlackHoldsThroughEveryChangeOfSize) {
  TestHeap<PlainPlatform> heap({.arena_bytes = kGiB});
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; i++) {
    auto* block = static_cast<char*>(heap.Allocate(random() % 300));
    for (int change = 0; change < 20; change++) {
      const u64 bytes = random() % (change % 5 == 0 ? 9000 : 300);
      block = static_cast<char*>(heap.Reallocate(block, bytes));
      __builtin_memset(block, 0x5a, bytes);
    }
    heap.Free(block);
  }
}

// A dangling pointer does not get away because its slab changed hands.
TEST(PlainHeap, WritesToFreeMemoryAreFoundInAnotherClassToo) {
  TestHeap<PlainPlatform> heap({.quarantine = 0, .arena_bytes = kGiB});
  std::vector<char*> blocks(20'000);
  for (char*& block : blocks) block = static_cast<char*>(heap.Allocate(100));
  for (char* block : blocks) heap.Free(block);
  const std::set<char*> old(blocks.begin(), blocks.end());
  for (char* block : blocks) block[50] = 1;
  u32 found = 0, reused = 0;
  for (int i = 0; i < 100; i++) {
    void* block = nullptr;
    const auto crime = CrimeOf([&] { block = heap.Allocate(500); });
    if (crime == Crime::kWriteToFree) found++;
    else EXPECT_EQ(crime, std::nullopt);
    const auto next = old.lower_bound(static_cast<char*>(block));
    if (block != nullptr && next != old.end() && *next < static_cast<char*>(block) + 500) reused++;
  }
  EXPECT_GT(found, 90u);
  EXPECT_EQ(reused, 0u) << "no block stands on memory that was written to";
}

// A pointer to a block whose slab serves another class now is no block's.
TEST(PlainHeap, OldPointersIntoAnotherClassAreNoBlocks) {
  TestHeap<PlainPlatform> heap({.quarantine = 0, .arena_bytes = kGiB});
  std::vector<void*> old(20'000);
  for (void*& block : old) block = heap.Allocate(100);
  for (void* block : old) heap.Free(block);
  std::set<void*> live;
  for (int i = 0; i < 2000; i++) live.insert(heap.Allocate(500));
  std::map<std::optional<Crime>, int> crimes;
  for (void* block : old)
    if (!live.contains(block)) crimes[CrimeOf([&] { heap.Free(block); })]++;
  EXPECT_EQ(crimes[std::nullopt], 0);
  EXPECT_GT(crimes[Crime::kDoubleFree], 0) << "where the slab is still its own";
  EXPECT_GT(crimes[Crime::kForeignFree] + crimes[Crime::kInteriorFree], 1000);
  for (void* block : live) heap.Free(block);
}

// Large blocks that take over the pages of others: of all sizes, zero, apart, and where the old ones stood, nothing.
TEST(PlainHeap, LargeBlocksTakeOverPagesButNotAddresses) {
  TestHeap<PlainPlatform> heap({.arena_bytes = 64 * kGiB});
  std::mt19937_64 random(5);
  std::vector<std::pair<char*, u64>> live(6);
  std::map<u64, int> freed;  // when
  u64 most = 0;
  for (int i = 0; i < 500; i++) {
    auto& [block, bytes] = live[random() % live.size()];
    if (block != nullptr) {
      for (u64 at = 0; at < bytes; at += 512) ASSERT_EQ(block[at], static_cast<char>(bytes));
      heap.Free(block);
      freed[AlignDown(reinterpret_cast<u64>(block), kPageSize)] = i;
    }
    bytes = 263'000 + random() % 3'000'000;
    block = static_cast<char*>(heap.Allocate(bytes));
    ASSERT_NE(block, nullptr);
    const auto before = freed.find(AlignDown(reinterpret_cast<u64>(block), kPageSize));
    EXPECT_TRUE(before == freed.end() || i - before->second > 100) << i - before->second;
    for (u64 at = 0; at < bytes; at += 512) ASSERT_EQ(block[at], 0) << bytes << " at " << at;
    ASSERT_EQ(block[bytes - 1], 0);
    for (u64 at = 0; at < bytes; at += 512) block[at] = static_cast<char>(bytes);
    const u64 page = AlignUp(reinterpret_cast<u64>(block) + bytes, kPageSize);
    unsigned char present;
    ASSERT_EQ(mincore(reinterpret_cast<void*>(page), kPageSize, &present), 0);
    EXPECT_EQ(present & 1, 0) << "behind a block is nothing";
    most = std::max(most, u64{PlainPlatform::committed});
  }
  // Six of at most 3.3 MB, and 32 MiB that are kept.
  EXPECT_LT(most, 64 * kMiB);
}

// The more large blocks have, the more of it waits for the next one.
TEST(PlainHeap, LargeBlocksKeepAShareOfWhatTheyHave) {
  TestHeap<PlainPlatform> heap({.arena_bytes = 64 * kGiB});
  std::vector<void*> blocks(24);
  for (void*& block : blocks) block = heap.Allocate(10 * kMiB);
  const u64 all = PlainPlatform::committed;
  for (int i = 0; i < 4; i++) heap.Free(blocks[static_cast<size_t>(i)]);
  EXPECT_EQ(PlainPlatform::committed, all) << "40 MiB wait";
  for (size_t i = 4; i < blocks.size(); i++) heap.Free(blocks[i]);
  EXPECT_LT(PlainPlatform::committed, 50 * kMiB);
}

// What waits for a next block never adds to the most that there is: large blocks' pages and empty slabs go back before slabs and large blocks,
// also such as grow, take more than ever.
TEST(PlainHeap, WhatWaitsGoesBackBeforeThereIsMoreThanEver) {
  using Heap = TestHeap<PlainPlatform>;
  constexpr u64 kSmall = 4000, kAll = 3 * kMiB, kOther = 512 * kKiB;
  const std::vector<void (*)(Heap&)> takers = {
      [](Heap& heap) {
        for (u64 bytes = 0; bytes < kAll; bytes += 1000) heap.Allocate(990);
      },
      [](Heap& heap) { heap.Allocate(kAll); },
      [](Heap& heap) { heap.Reallocate(heap.Allocate(kMiB), kAll); },
      [](Heap& heap) {
        for (void* block = heap.Allocate(kMiB); heap.heap->SizeOf(block) < kAll;)
          block = heap.Reallocate(block, heap.heap->SizeOf(block) + 64 * kKiB);
      },
  };
  for (size_t taker = 0; taker < takers.size(); taker++) {
    for (const u64 waiting : {kSmall, kMiB}) {
      Heap heap({.quarantine = 0, .arena_bytes = 64 * kGiB});
      std::vector<void*> blocks(kAll / waiting);
      for (void*& block : blocks) block = heap.Allocate(waiting);
      const u64 most = PlainPlatform::committed;
      for (void* block : blocks) heap.Free(block);
      EXPECT_GT(PlainPlatform::committed, most - kOther) << "it waits";
      takers[taker](heap);
      EXPECT_LT(PlainPlatform::committed, most + kOther) << "taker " << taker << ", waiting " << waiting;
    }
  }
}

// Addresses of one length that rest leave some for the others.
TEST(PlainHeap, RestingAddressesDoNotUseUpASmallArena) {
  TestHeap<PlainPlatform> heap({.arena_bytes = 256 * kMiB});
  for (u64 bytes = 300'000; bytes < 5'000'000; bytes *= 2) {
    for (int i = 0; i < 300; i++) {
      void* block = heap.Allocate(bytes);
      ASSERT_NE(block, nullptr) << bytes << ", " << i;
      heap.Free(block);
    }
  }
}

TEST(PlainHeap, PagesThatWereHardlyUsedAreNotKept) {
  TestHeap<PlainPlatform> heap;
  void* first = heap.Allocate(kMiB);
  void* second = heap.Allocate(kMiB);
  const u64 both = PlainPlatform::committed;
  heap.Free(first);
  EXPECT_EQ(PlainPlatform::committed, both);
  PlainPlatform::touched = false;
  heap.Free(second);
  EXPECT_EQ(PlainPlatform::committed, both - kMiB);
}

// What was taken over is in memory, and nobody has to ask. A block that has shrunk has no more of it than pages.
TEST(PlainHeap, PagesThatWereTakenOverAreKeptAgain) {
  TestHeap<PlainPlatform> heap;
  heap.Free(heap.Allocate(kMiB));
  const u64 before = PlainPlatform::committed;
  PlainPlatform::touched = false;
  heap.Free(heap.Allocate(kMiB));
  EXPECT_EQ(PlainPlatform::committed, before);
  heap.Free(heap.Allocate(3 * kMiB / 2));
  EXPECT_EQ(PlainPlatform::committed, before + kMiB / 2) << "more than half were taken over";
  heap.Free(heap.Reallocate(heap.Reallocate(heap.Allocate(3 * kMiB / 2), kMiB / 2), 3 * kMiB / 2));
  EXPECT_LT(PlainPlatform::committed, before + kMiB / 2) << "it lost them when it shrank";
}

}  // namespace
}  // namespace caponier::heap
