// The heap over simulated tags: what the processor would refuse, for every size and through whole epochs.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <thread>

#include "lib/heap/testing/test_platform_for_test.h"

namespace caponier::heap {
namespace {

using testing::CrimeOf;
using testing::SimulatedTags;
using testing::TaggedPlatform;
using testing::TestHeap;
using Heap = TestHeap<TaggedPlatform>;

constexpr u64 kGibi = kGiB;

// Exactly the granules that were asked for, for every size up to 2 KiB.
TEST(TaggedHeap, ABlockReachesItsGranulesAndNotOneMore) {
  Heap heap({.arena_bytes = kGibi});
  for (u64 bytes = 0; bytes <= 2048; bytes++) {
    void* blocks[3];
    for (void*& block : blocks) block = heap.Allocate(bytes);
    for (void* block : blocks) {
      const u64 granules = (bytes + kGranule - 1) / kGranule, slot = SlotBytes(ClassFor(bytes));
      for (u64 i = 0; i < granules; i++) ASSERT_TRUE(SimulatedTags::Allows(block, i * kGranule)) << bytes;
      for (u64 i = granules; i <= slot / kGranule; i++)
        ASSERT_FALSE(SimulatedTags::Allows(block, i * kGranule)) << bytes << " " << i;
      ASSERT_FALSE(SimulatedTags::Allows(block, u64(-16))) << bytes;
      ASSERT_NE(SimulatedTags::TagOf(block), kFreeTag);
    }
    for (void* block : blocks) heap.Free(block);
  }
}

// A million accesses through pointers freed 1 to 64 reuses ago: the processor refuses all of them.
TEST(TaggedHeap, NoDanglingPointerEverPasses) {
  Heap heap({.quarantine = 0, .arena_bytes = 4 * kGibi});
  std::mt19937_64 random(3);
  std::map<u64, std::vector<void*>> dangling;  // by slot, all there ever were
  u64 tried = 0, most_reuses = 0;
  while (tried < 1'000'000) {
    void* block = heap.Allocate(48);
    auto& former = dangling[SimulatedTags::Address(block)];
    for (void* pointer : former) {
      tried++;
      ASSERT_FALSE(SimulatedTags::Allows(pointer)) << former.size();
    }
    heap.Free(block);
    former.push_back(block);
    most_reuses = std::max<u64>(most_reuses, former.size());
    // Now and then one at random, whatever became of its slot.
    auto at = dangling.lower_bound(SimulatedTags::Address(block) - random() % 4096);
    if (at != dangling.end()) ASSERT_FALSE(SimulatedTags::Allows(at->second[random() % at->second.size()]));
  }
  EXPECT_GE(most_reuses, 13u);
  EXPECT_LE(most_reuses, 15u) << "an exhausted slot went on";
  EXPECT_GT(heap.heap->bytes_retired(), 0u) << "slabs that emptied with exhausted slots did not retire";
}

// Another thread frees the same block in the midst of its free, and the slot may have served others by then: who comes second is told.
TEST(TaggedHeap, OfTwoFreesAtOnceOneIsFound) {
  for (const u64 bytes : {48, 500, 2000, 40'000}) {
    for (const int reuses : {0, 1, 5}) {
      Heap heap({.quarantine = 0, .arena_bytes = kGibi});
      Cache* other = heap.heap->OpenCache();
      void* block = heap.Allocate(bytes);
      SimulatedTags::meanwhile = [&] {
        heap.heap->Free(*other, block);
        for (int i = 0; i < reuses; i++) {
          void* next = heap.heap->Allocate(*other, bytes);
          if (i + 1 < reuses) heap.heap->Free(*other, next);
        }
      };
      EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kDoubleFree) << bytes << " " << reuses;
    }
  }
}

// Slots forget their tags with their slab, so an empty one serves no other class.
TEST(TaggedHeap, NoDanglingPointerPassesWhenSizesChange) {
  TestHeap<TaggedPlatform> heap;
  std::vector<void*> old;
  for (u64 round = 0; round < 8; round++) {
    std::vector<void*> blocks(3000);
    for (void*& block : blocks) block = heap.Allocate(100 + round % 2 * 60);
    for (void* pointer : old) ASSERT_FALSE(SimulatedTags::Allows(pointer)) << "round " << round;
    for (void* block : blocks) heap.Free(block);
    old.insert(old.end(), blocks.begin(), blocks.end());
  }
}

// Slabs that are given back before their slots are exhausted forget tags too: their addresses wait for as long as the others'.
TEST(TaggedHeap, NoDanglingPointerPassesWhenSlabsComeAndGo) {
  Heap heap({.arena_bytes = 4 * kGibi});
  std::vector<void*> old;
  u64 most = 0, retired = 0;
  for (u64 round = 0; round < 120; round++) {
    const u64 bytes = SlotBytes(static_cast<u32>(4 + round % 24));
    std::vector<void*> blocks(512 * kKiB / bytes);
    for (void*& block : blocks) block = heap.Allocate(bytes);
    for (void* pointer : old) ASSERT_FALSE(SimulatedTags::Allows(pointer)) << "round " << round;
    most = std::max<u64>(most, heap.heap->bytes_in_slabs());
    for (size_t i = 0; i < blocks.size(); i++) {
      if (i % 64 == round % 64) old.push_back(blocks[i]);
      heap.Free(blocks[i]);
    }
    heap.heap->CloseCache(heap.cache);
    heap.cache = heap.heap->OpenCache();
    retired = heap.heap->bytes_retired();
  }
  EXPECT_LT(most, 8 * kMiB) << "no slab was given back";
  EXPECT_LT(retired, 30 * kMiB);
}

// Of 1,000 slots none is exhausted before its 13th block, with neighbours coming and going.
TEST(TaggedHeap, EverySlotServesThirteenBlocksAtLeast) {
  Heap heap({.quarantine = 0, .arena_bytes = 4 * kGibi});
  std::map<u64, int> served;
  std::vector<void*> live;
  std::mt19937_64 random(5);
  for (int i = 0; i < 60'000; i++) {
    live.push_back(heap.Allocate(112));
    served[SimulatedTags::Address(live.back())]++;
    if (live.size() > 200) {
      std::swap(live[random() % live.size()], live.back());
      heap.Free(live.back());
      live.pop_back();
    }
  }
  // Slots of slabs that retired are done; those that were left to the shelf are not, and count no more than they should.
  u64 done = 0;
  for (const auto& [address, times] : served) {
    EXPECT_LE(times, 15);
    done += times >= 13;
  }
  EXPECT_GT(done, served.size() / 4);
}

// Where slots wear out, a class's first slab has a whole unit.
TEST(TaggedHeap, FirstSlabsAreWholeUnits) {
  TestHeap<TaggedPlatform> heap;
  heap.Allocate(240);
  EXPECT_EQ(heap.heap->bytes_in_slabs(), kUnitBytes);
}

TEST(TaggedHeap, AnEmptySlabWithExhaustedSlotsRetires) {
  Heap heap({.quarantine = 0, .arena_bytes = kGibi});
  for (int i = 0; i < 100'000; i++) heap.Free(heap.Allocate(48));
  heap.heap->CloseCache(heap.cache);
  EXPECT_LE(heap.heap->bytes_in_slabs(), kUnitBytes);
  EXPECT_GE(heap.heap->bytes_retired(), 4 * kUnitBytes);
  EXPECT_LE(TaggedPlatform::committed, kMiB) << "the frames serve elsewhere";
  heap.cache = heap.heap->OpenCache();
}

// What has retired serves again once there is nothing else, the oldest first; or there is no more memory.
TEST(TaggedHeap, WhenAllAddressesHaveRetired) {
  for (const bool reuse : {true, false}) {
    Heap heap({.quarantine = 0, .reuse = reuse, .arena_bytes = 256 * kMiB});
    u64 served = 0;
    for (; served < 200'000; served++) {
      void* block = heap.Allocate(16'000);
      if (block == nullptr) break;
      heap.Free(block);
    }
    if (reuse) EXPECT_EQ(served, 200'000u);
    else EXPECT_LT(served, 100'000u);
    EXPECT_GT(heap.heap->bytes_retired(), 32 * kMiB);
    EXPECT_LE(heap.heap->bytes_in_slabs(), kMiB);
  }
}

TEST(TaggedHeap, NeighboursDifferWhateverTheThreadsDo) {
  Heap heap({.arena_bytes = kGibi});
  std::atomic<bool> stop = false;
  std::atomic<u64> checked = 0;
  const auto work = [&](u64 seed) {
    Cache* cache = heap.heap->OpenCache();
    std::mt19937_64 random(seed);
    std::vector<void*> mine;
    while (!stop) {
      mine.push_back(heap.heap->Allocate(*cache, 16));
      void* block = mine.back();
      // The neighbours may be in another thread's hands; whatever they have now, it is not this.
      for (const i64 step : {-16, 16}) EXPECT_FALSE(SimulatedTags::Allows(block, static_cast<u64>(step)));
      checked++;
      if (mine.size() > 64) {
        std::swap(mine[random() % mine.size()], mine.back());
        heap.heap->Free(*cache, mine.back());
        mine.pop_back();
      }
    }
    for (void* block : mine) heap.heap->Free(*cache, block);
    heap.heap->CloseCache(cache);
  };
  std::vector<std::thread> threads;
  for (u64 i = 0; i < 3; i++) threads.emplace_back(work, i);
  while (checked < 200'000) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(TaggedHeap, AStalePointerCannotFreeTheSlotsNextBlock) {
  Heap heap({.quarantine = 0, .arena_bytes = kGibi});
  for (const u64 bytes : {u64{1}, u64{0}, u64{64}, u64{5000}}) {
    std::map<u64, void*> former;
    for (int i = 0; i < 5000; i++) {
      void* block = heap.Allocate(bytes);
      if (const auto found = former.find(SimulatedTags::Address(block)); found != former.end()) {
        EXPECT_EQ(CrimeOf([&] { heap.Free(found->second); }), Crime::kStaleFree);
        EXPECT_EQ(CrimeOf([&] { heap.Reallocate(found->second, 1); }), Crime::kStaleFree);
        EXPECT_EQ(CrimeOf([&] { heap.Free(SimulatedTags::Pointer(SimulatedTags::Address(block), kFreeTag)); }),
                  Crime::kForeignFree);
      }
      former[SimulatedTags::Address(block)] = block;
      heap.Free(block);
    }
  }
}

// What became wrong in the public patch to musl: realloc, usable size and aligned blocks through tagged pointers, the tail's tags.
// What an address without a tag writes to free memory is gone before a block has it, or gets it when it grows.
TEST(TaggedHeap, WritesToFreeMemoryAreGoneWhenItIsUsedAgain) {
  for (const u64 bytes : {u64{16}, u64{60}, u64{110}, u64{500}, u64{2000}, u64{20'000}, u64{114'000}}) {
    TestHeap<TaggedPlatform> heap({.quarantine = 0, .arena_bytes = kGiB});
    std::set<u64> written;
    for (int i = 0; i < 40; i++) {
      void* block = heap.Allocate(bytes);
      written.insert(TaggedPlatform::Tags::Address(block));
      heap.Free(block);
      memset(reinterpret_cast<void*>(TaggedPlatform::Tags::Address(block)), 0x55, bytes);
    }
    int again = 0;
    for (int i = 0; i < 100; i++) {
      void* block = heap.Allocate(bytes - bytes / 16);
      again += written.contains(TaggedPlatform::Tags::Address(block));
      block = heap.Reallocate(block, bytes);
      const auto* at = static_cast<const u8*>(TaggedPlatform::Tags::Reach(block));
      for (u64 j = 0; j < bytes; j++) ASSERT_EQ(at[j], 0) << bytes << " at " << j;
    }
    EXPECT_GT(again, 0) << bytes;
  }
}

TEST(TaggedHeap, ReallocAndAlignmentLeaveNoStaleTags) {
  Heap heap({.arena_bytes = 4 * kGibi});
  std::mt19937_64 random(11);
  for (int i = 0; i < 5000; i++) {
    const u64 bytes = 1 + random() % 3000, to = 1 + random() % 3000;
    void* block = i % 2 != 0 ? heap.Allocate(bytes) : heap.AllocateAligned(bytes, u64{16} << random() % 9);
    const u64 old_address = SimulatedTags::Address(block);
    block = heap.Reallocate(block, to);
    EXPECT_EQ(heap.heap->SizeOf(block), to);
    const u64 address = SimulatedTags::Address(block), end = address + AlignUp(to, kGranule);
    for (u64 at = 0; at < to; at += kGranule) ASSERT_TRUE(SimulatedTags::Allows(block, at));
    ASSERT_FALSE(SimulatedTags::Allows(block, end - address)) << bytes << " to " << to;
    if (address != old_address) ASSERT_EQ(SimulatedTags::At(old_address), kFreeTag);
    heap.Free(block);
    for (u64 at = address; at < end; at += kGranule) ASSERT_EQ(SimulatedTags::At(at), kFreeTag);
  }
}

TEST(TaggedHeap, LargeBlocksHaveTagsWhenAsked) {
  Heap heap({.scope = TagScope::kAll, .arena_bytes = kGibi});
  void* block = heap.Allocate(1'000'001);
  EXPECT_NE(SimulatedTags::TagOf(block), kFreeTag);
  for (u64 at = 0; at < 1'000'001; at += kGranule) ASSERT_TRUE(SimulatedTags::Allows(block, at));
  block = heap.Reallocate(block, 2'000'000);
  EXPECT_EQ(heap.heap->SizeOf(block), 2'000'000u);
  const auto free_with = [&](Tag tag) { heap.Free(SimulatedTags::Pointer(SimulatedTags::Address(block), tag)); };
  EXPECT_EQ(CrimeOf([&] { free_with(kFreeTag); }), Crime::kForeignFree);
  const u8 other = SimulatedTags::TagOf(block).value == 5 ? 6 : 5;
  EXPECT_EQ(CrimeOf([&] { free_with(Tag{other}); }), Crime::kStaleFree);
  heap.Free(block);
  EXPECT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kDoubleFree);
}

// No block of the kind has had the tag.
TEST(TaggedHeap, AForgedTagOfALargeBlockWithoutOneIsForeign) {
  Heap heap({.scope = TagScope::kSmall, .arena_bytes = kGibi});
  void* block = heap.Allocate(1'000'001);
  EXPECT_EQ(CrimeOf([&] { heap.Free(SimulatedTags::Pointer(SimulatedTags::Address(block), Tag{3})); }), Crime::kForeignFree);
}

// The frames that a large block takes over have the tag of the one before.
TEST(TaggedHeap, LargeBlocksInOthersPagesLeaveNoStaleTags) {
  Heap heap({.scope = TagScope::kAll, .arena_bytes = kGibi});
  heap.Free(heap.Allocate(2'000'000));
  const u64 commits = TaggedPlatform::commits;
  void* block = heap.Allocate(300'000);
  EXPECT_EQ(TaggedPlatform::commits, commits) << "other frames";
  const u64 start = SimulatedTags::Address(block), end = start + AlignUp(300'000, kGranule);
  for (u64 at = AlignDown(start, kPageSize); at < AlignUp(end, kPageSize); at += kGranule)
    ASSERT_EQ(SimulatedTags::At(at), at >= start && at < end ? SimulatedTags::TagOf(block) : kFreeTag) << at - start;
}

// Where the platform can, whole pages without memory get their tags with it: what is set at once is less than two pages and what is there.
TEST(TaggedHeap, LargeBlocksGetTheirTagsWhenTheyAreTouched) {
  Heap heap({.scope = TagScope::kAll, .arena_bytes = kGibi});
  TaggedPlatform::tags_when_touched = true;
  const auto try_one = [&](u64 bytes, u64 alignment, u64 warm) {
    const u64 before = SimulatedTags::granules_set;
    void* block = heap.AllocateAligned(bytes, alignment);
    EXPECT_LE(SimulatedTags::granules_set - before, (warm + 2 * kPageSize) / kGranule) << bytes << " at " << alignment;
    const u64 start = SimulatedTags::Address(block), end = start + AlignUp(bytes, kGranule);
    for (u64 at = AlignDown(start, kPageSize); at < AlignUp(end, kPageSize); at += kGranule) {
      const Tag expected = at >= start && at < end ? SimulatedTags::TagOf(block) : kFreeTag;
      ASSERT_EQ(SimulatedTags::At(at), expected) << at - start;
    }
    heap.Free(block);
  };
  try_one(1'000'001, 16, 0);
  try_one(3'000'000, 16, 2 * AlignUp(1'000'001, kPageSize));  // in part in the pages of the one before, which are cleared first
  try_one(400'000, 1 << 20, 0);
}

// In place, to a longer run and back: what the block holds and its tag stay, what is not its own has none, and where it was nothing is left.
TEST(TaggedHeap, LargeBlocksGrowWithTheirTags) {
  TaggedPlatform::tags_when_touched = true;
  Heap heap({.arena_bytes = kGibi});
  std::mt19937_64 random(13);
  for (int i = 0; i < 40; i++) {
    u64 bytes = 300'000 + random() % 300'000;
    void* block = heap.AllocateAligned(bytes, u64{16} << random() % 13);
    const Tag tag = SimulatedTags::TagOf(block);
    ASSERT_NE(tag, kFreeTag) << "not the usual scope";
    for (int step = 0; step < 6; step++) {
      auto* words = static_cast<u8*>(SimulatedTags::Reach(block));
      __builtin_memset(words, step + 1, bytes);
      const u64 before = bytes, commits = TaggedPlatform::commits;
      bytes = step % 3 == 2 ? 270'000 + random() % 30'000 : bytes + random() % (step == 3 ? 2'000'000 : 9'000);
      block = heap.Reallocate(block, bytes);
      ASSERT_EQ(SimulatedTags::TagOf(block), tag) << "copied";
      ASSERT_EQ(heap.heap->SizeOf(block), bytes);
      if (bytes < before) ASSERT_EQ(TaggedPlatform::commits, commits);
      const u64 start = SimulatedTags::Address(block), end = start + AlignUp(bytes, kGranule);
      words = static_cast<u8*>(SimulatedTags::Reach(block));
      for (u64 at = 0; at < before && at < bytes; at++) ASSERT_EQ(words[at], step + 1) << at;
      for (u64 at = AlignDown(start, kPageSize); at < AlignUp(end, kPageSize); at += kGranule)
        ASSERT_EQ(SimulatedTags::At(at), at >= start && at < end ? tag : kFreeTag) << at - start << " of " << bytes;
    }
    if (bytes % kGranule != 0) {
      auto* behind = static_cast<u8*>(SimulatedTags::Reach(block)) + bytes;
      *behind ^= 1;
      ASSERT_EQ(CrimeOf([&] { heap.Free(block); }), Crime::kOverflowFound);
      *behind ^= 1;
    }
    heap.Free(block);
  }
}

TEST(TaggedHeap, OneRetagForAnAllocationAndOneForAFree) {
  Heap heap({.arena_bytes = kGibi});
  for (const u64 bytes : {u64{1}, u64{64}, u64{1000}}) {
    heap.Free(heap.Allocate(bytes));
    const u64 before = SimulatedTags::granules_set;
    for (int i = 0; i < 100; i++) heap.Free(heap.Allocate(bytes));
    EXPECT_EQ(SimulatedTags::granules_set - before, 100 * 2 * ((bytes + 15) / 16));
  }
}

// What the report says of a refused access. Blocks on both sides of a free slot may have one tag: an access there is laid to the nearer.
TEST(TaggedHeap, BetweenTwoBlocksOfOneTagTheNearerIsBlamed) {
  Heap heap({.arena_bytes = kGibi});
  std::map<u64, void*> blocks;
  for (int i = 0; i < 3000; i++) {
    void* block = heap.Allocate(48);
    blocks[SimulatedTags::Address(block)] = block;
  }
  int pairs = 0;
  for (const auto& [place, block] : blocks) {
    const auto middle = blocks.find(place + 48), behind = blocks.find(place + 96);
    if (middle == blocks.end() || behind == blocks.end() || middle->second == nullptr || block == nullptr ||
        SimulatedTags::TagOf(block) != SimulatedTags::TagOf(behind->second))
      continue;
    heap.Free(std::exchange(middle->second, nullptr));
    Misuse misuse;
    ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(behind->second) - 1, &misuse));
    EXPECT_EQ(misuse.crime, Crime::kUnderflow);
    EXPECT_EQ(misuse.distance, 1u);
    ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(block) + 48, &misuse));
    EXPECT_EQ(misuse.crime, Crime::kOverflow);
    EXPECT_EQ(misuse.distance, 0u);
    pairs++;
  }
  EXPECT_GT(pairs, 20);
}

TEST(TaggedHeap, FaultsAreExplained) {
  Heap heap({.quarantine = 0, .arena_bytes = kGibi});
  std::vector<void*> row;
  for (int i = 0; i < 3000; i++) row.push_back(heap.Allocate(48));
  Misuse misuse;
  u64 explained = 0;
  for (void* block : row) {
    ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(block) + 48, &misuse));
    if (misuse.crime == Crime::kWildAccess) continue;  // a slab's last slot has nothing behind it
    ASSERT_EQ(misuse.crime, Crime::kOverflow);
    ASSERT_EQ(misuse.block_bytes, 48u);
    ASSERT_EQ(misuse.distance, 0u);
    ASSERT_EQ(misuse.generation, 1u);
    explained++;
  }
  EXPECT_GT(explained, 2900u);
  void* block = row[1500];
  ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(block) - 3, &misuse));
  EXPECT_EQ(misuse.crime, Crime::kUnderflow);
  EXPECT_EQ(misuse.distance, 3u);
  // An access of many bytes, of which the processor names the first.
  ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(block) + 40, &misuse));
  EXPECT_EQ(misuse.crime, Crime::kOverflow);
  EXPECT_EQ(misuse.distance, 0u);
  heap.Free(block);
  ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(block) + 5, &misuse));
  EXPECT_EQ(misuse.crime, Crime::kUseAfterFree);
  EXPECT_EQ(misuse.distance, 5u);
  void* large = heap.Allocate(500'000);
  ASSERT_TRUE(heap.heap->Explain(static_cast<char*>(large) + 500'000 + 16, &misuse));
  EXPECT_EQ(misuse.crime, Crime::kOverflow);
  EXPECT_EQ(misuse.distance, 16u);
  EXPECT_FALSE(heap.heap->Explain(&misuse, &misuse));
  int local;
  EXPECT_FALSE(heap.heap->Explain(&local, &misuse));
}

}  // namespace
}  // namespace caponier::heap
