// The walk over memory that the test owns: good lists, and the lists a broken or hostile program leaves.
#include "kernel/sched/robust_list.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace caponier::sched {
namespace {

using namespace linux_abi;

constexpr u32 kTid = 77, kOther = 78;
constexpr u64 kHead = 0x1000, kOffset = 0x20;

struct FakeMemory {
  std::map<u64, u64> words64;
  std::map<u64, u32> words32;
  std::vector<u64> woken;
  int loads = 0;
  std::map<u64, u32> races;  // another thread changes the word to this just before the exchange, once

  bool Load64(u64 address, u64* value) {
    loads++;
    const auto found = words64.find(address);
    if (found == words64.end()) return false;
    *value = found->second;
    return true;
  }
  bool Load32(u64 address, u32* value) {
    const auto found = words32.find(address);
    if (found == words32.end()) return false;
    *value = found->second;
    return true;
  }
  bool CompareExchange32(u64 address, u32 expected, u32 desired, u32* found) {
    if (const auto race = races.find(address); race != races.end()) {
      words32[address] = race->second;
      races.erase(race);
    }
    const auto word = words32.find(address);
    if (word == words32.end()) return false;
    *found = word->second;
    if (word->second == expected) word->second = desired;
    return true;
  }
  void Wake(u64 address) { woken.push_back(address); }

  void Head(u64 first, u64 pending = 0) {
    words64[kHead] = first;
    words64[kHead + 8] = kOffset;
    words64[kHead + 16] = pending;
  }
  void Lock(u64 entry, u64 next, u32 word) {
    words64[entry] = next;
    words32[(entry & ~u64{1}) + kOffset] = word;
  }
  u32 Word(u64 entry) { return words32[entry + kOffset]; }
};

TEST(RobustList, EmptyListDoesNothing) {
  FakeMemory memory;
  memory.Head(kHead);
  WalkRobustList(memory, kHead, kTid);
  EXPECT_TRUE(memory.woken.empty());
}

TEST(RobustList, OwnLocksAreMarkedAndTheirWaitersWoken) {
  FakeMemory memory;
  memory.Head(0x2000);
  memory.Lock(0x2000, 0x3000, kTid | kFUTEX_WAITERS);
  memory.Lock(0x3000, 0x4000, kTid);
  memory.Lock(0x4000, kHead, kOther | kFUTEX_WAITERS);
  WalkRobustList(memory, kHead, kTid);
  EXPECT_EQ(memory.Word(0x2000), kFUTEX_OWNER_DIED | kFUTEX_WAITERS);
  EXPECT_EQ(memory.Word(0x3000), u32{kFUTEX_OWNER_DIED});
  EXPECT_EQ(memory.Word(0x4000), kOther | kFUTEX_WAITERS);
  EXPECT_EQ(memory.woken, std::vector<u64>{0x2000 + kOffset});
}

TEST(RobustList, ThePendingLockIsHandledOnceAtTheEnd) {
  FakeMemory memory;
  memory.Head(0x2000, 0x2000);
  memory.Lock(0x2000, kHead, kTid | kFUTEX_WAITERS);
  WalkRobustList(memory, kHead, kTid);
  EXPECT_EQ(memory.woken, std::vector<u64>{0x2000 + kOffset});
}

TEST(RobustList, APendingUnlockedWordPassesTheWakeOn) {
  FakeMemory memory;
  memory.Head(kHead, 0x2000);
  memory.Lock(0x2000, 0, 0);
  WalkRobustList(memory, kHead, kTid);
  EXPECT_EQ(memory.Word(0x2000), 0u);
  EXPECT_EQ(memory.woken, std::vector<u64>{0x2000 + kOffset});
}

TEST(RobustList, AWaiterThatComesInBetweenIsKept) {
  FakeMemory memory;
  memory.Head(0x2000);
  memory.Lock(0x2000, kHead, kTid);
  memory.races[0x2000 + kOffset] = kTid | kFUTEX_WAITERS;
  WalkRobustList(memory, kHead, kTid);
  EXPECT_EQ(memory.Word(0x2000), kFUTEX_OWNER_DIED | kFUTEX_WAITERS);
  EXPECT_EQ(memory.woken.size(), 1u);
}

TEST(RobustList, ACircleEnds) {
  FakeMemory memory;
  memory.Head(0x2000);
  memory.Lock(0x2000, 0x3000, kOther);
  memory.Lock(0x3000, 0x2000, kOther);
  WalkRobustList(memory, kHead, kTid);
  EXPECT_LE(memory.loads, 3 + static_cast<int>(kROBUST_LIST_LIMIT));
}

TEST(RobustList, MemoryThatIsGoneEndsTheWalkQuietly) {
  FakeMemory memory;
  WalkRobustList(memory, kHead, kTid);  // no head
  memory.Head(0x2000);
  WalkRobustList(memory, kHead, kTid);  // no entry
  memory.Lock(0x2000, 0xdead000, kTid);
  WalkRobustList(memory, kHead, kTid);  // the next entry is gone
  EXPECT_EQ(memory.Word(0x2000), u32{kFUTEX_OWNER_DIED});
}

TEST(RobustList, AnUnalignedWordIsLeftAlone) {
  FakeMemory memory;
  memory.Head(0x2002);
  memory.Lock(0x2002, kHead, kTid);
  WalkRobustList(memory, kHead, kTid);
  EXPECT_EQ(memory.Word(0x2002), kTid);
}

}  // namespace
}  // namespace caponier::sched
