#include "lib/heap/records.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace caponier::heap {
namespace {

using Calls = std::vector<u64>;

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() { records_.Open(blocks_.get(), chains_.get()); }
  Calls CallsOf(Event event) const {
    const auto calls = records_.CallsOf(event);
    return {calls.begin(), calls.end()};
  }

  struct Free {
    void operator()(void* memory) const { free(memory); }
  };
  std::unique_ptr<void, Free> blocks_{calloc(1, Records::kBlockBytes)}, chains_{calloc(1, Records::kChainBytes)};
  Records records_;
};

TEST_F(RecordsTest, KeepBothEndsOfABlocksLife) {
  EXPECT_EQ(records_.Find(0x1000), nullptr);
  records_.Allocated(0x1000, Calls{1, 2, 3}, 7);
  ASSERT_NE(records_.Find(0x1000), nullptr);
  EXPECT_EQ(records_.Find(0x1000)->freed.thread, 0u);
  records_.Freed(0x1000, Calls{4, 5}, 8);
  records_.Freed(0x1000, Calls{6}, 9);  // is what is about to be found
  const BlockRecord& record = *records_.Find(0x1000);
  EXPECT_EQ(CallsOf(record.allocated), (Calls{1, 2, 3}));
  EXPECT_EQ(CallsOf(record.freed), (Calls{4, 5}));
  EXPECT_EQ(record.allocated.thread, 7u);
  EXPECT_EQ(record.freed.thread, 8u);
  records_.Lives(0x1000);
  EXPECT_EQ(record.freed.thread, 0u);
  records_.Allocated(0x1000, Calls{9}, 1);
  EXPECT_EQ(CallsOf(record.allocated), (Calls{9}));
  EXPECT_EQ(record.freed.thread, 0u);
  records_.Freed(0x2000, Calls{1}, 1);  // nobody's
  EXPECT_EQ(records_.Find(0x2000), nullptr);
}

TEST_F(RecordsTest, TellTheBlocksOfASlotApart) {
  const u64 first = 0x1000 | u64{3} << 56, second = 0x1000 | u64{4} << 56;
  records_.Allocated(first, Calls{1}, 1);
  records_.Freed(first, Calls{2}, 1);
  records_.Allocated(second, Calls{3}, 1);
  EXPECT_EQ(CallsOf(records_.Find(first)->freed), Calls{2});
  EXPECT_EQ(records_.Find(second)->freed.thread, 0u);
}

TEST_F(RecordsTest, KeepAChainOnce) {
  for (u64 block = 16; block < 10'000'000; block += 16) {
    records_.Allocated(block, Calls{1, 2, 3}, 1);
    records_.Freed(block, Calls{1, 2}, 1);
  }
  records_.Allocated(16, Calls{1, 2, 3}, 1);
  EXPECT_EQ(CallsOf(records_.Find(16)->allocated), (Calls{1, 2, 3}));
  records_.Allocated(32, Calls{1, 2, 4}, 1);
  EXPECT_EQ(CallsOf(records_.Find(32)->allocated), (Calls{1, 2, 4}));
}

// A million live blocks, of which some have to be forgotten; no record is another's.
TEST_F(RecordsTest, ForgetWhatIsOld) {
  constexpr u64 kCount = 1'000'000;
  for (u64 i = 1; i <= kCount; i++) records_.Allocated(i * 48, Calls{i % 1000 + 1}, 1);
  u64 kept = 0;
  for (u64 i = 1; i <= kCount; i++) {
    const BlockRecord* record = records_.Find(i * 48);
    if (record == nullptr) continue;
    kept++;
    ASSERT_EQ(CallsOf(record->allocated), Calls{i % 1000 + 1});
  }
  EXPECT_GT(kept, Records::kBlockBytes / 32);
  EXPECT_NE(records_.Find(kCount * 48), nullptr);
}

// What was freed goes before what lives, and of that the oldest.
TEST_F(RecordsTest, ForgetFreedBlocksFirst) {
  const auto block = [](u64 tag) { return 0x1000 | tag << 56; };
  for (u64 tag = 0; tag < 21; tag++) records_.Allocated(block(tag), Calls{tag + 1}, 1);
  for (u64 tag = 3; tag < 21; tag++) records_.Freed(block(tag), Calls{tag + 1}, 1);
  for (u64 tag = 21; tag < 25; tag++) records_.Allocated(block(tag), Calls{tag + 1}, 1);
  for (u64 tag = 0; tag < 25; tag++) EXPECT_EQ(records_.Find(block(tag)) != nullptr, tag < 3 || tag >= 7) << tag;
}

TEST_F(RecordsTest, SayWhenChainsAreNotKept) {
  Calls calls(60);
  for (u64 i = 1; i < 100'000; i++) {
    calls[0] = i;
    records_.Allocated(0x1000, calls, 5);
  }
  EXPECT_EQ(CallsOf(records_.Find(0x1000)->allocated), Calls());
  EXPECT_EQ(records_.Find(0x1000)->allocated.thread, 5u);
  calls[0] = 1;  // those that were kept are found
  records_.Freed(0x1000, calls, 6);
  EXPECT_EQ(CallsOf(records_.Find(0x1000)->freed), calls);
}

}  // namespace
}  // namespace caponier::heap
