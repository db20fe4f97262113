#include "lib/heap/arena.h"

#include <gtest/gtest.h>

#include <map>

#include "lib/heap/testing/test_platform_for_test.h"

namespace caponier::heap {
namespace {

using testing::PlainPlatform;

constexpr u64 kBytes = kGiB / 2;
constexpr u32 kUnits = kBytes / kUnitBytes;

struct Dealt {
  u32 unit, order;
};

class ArenaTest : public ::testing::Test {
 protected:
  ~ArenaTest() override {
    arena.reset();
    PlainPlatform::Reset();
  }
  void Open(bool again) { ASSERT_TRUE(arena->Open(kBytes, again).ok()); }
  // As the heap does with a run that it gives back.
  void Give(const Dealt& run) {
    arena->record(run.unit).kind = UnitKind::kFreedSlab;
    arena->GiveRun(run.unit, run.order);
  }
  std::unique_ptr<Arena<PlainPlatform>> arena = std::make_unique<Arena<PlainPlatform>>();
  std::mt19937_64 random{17};
};

// Where the system grants little, the tables are smaller than what of them comes into use at once.
TEST_F(ArenaTest, TheSmallestOnesTouchNobodysMemory) {
  for (const u64 bytes : {16 * kMiB, 32 * kMiB, 64 * kMiB, 128 * kMiB, 256 * kMiB}) {
    arena = std::make_unique<Arena<PlainPlatform>>();
    ASSERT_TRUE(arena->Open(bytes, true).ok());
    while (arena->TakeRun(1, 0).ok());  // the platform looks
    PlainPlatform::Reset();
  }
}

// No unit is in two runs, and addresses only ever rise until the end of all is reached.
TEST_F(ArenaTest, RunsAreApartAndComeAgainInTurn) {
  Open(true);
  std::vector<bool> taken(kUnits);
  std::vector<Dealt> live;
  u64 laps = 0, last = 0;
  for (int i = 0; i < 200'000; i++) {
    if (live.size() > 40 || (!live.empty() && random() % 3 == 0)) {
      std::swap(live[random() % live.size()], live.back());
      for (u32 u = 0; u < 1u << live.back().order; u++) taken[live.back().unit + u] = false;
      Give(live.back());
      live.pop_back();
      continue;
    }
    const u32 order = random() % 64 == 0 ? 7 + static_cast<u32>(random() % 2) : static_cast<u32>(1 + random() % 4),
              length = 1u << order;
    const Result<u32> got = arena->TakeRun(order, static_cast<u8>(random()));
    ASSERT_TRUE(got.ok());
    const u32 unit = got.value();
    ASSERT_EQ(unit % length, 0u);
    ASSERT_NE(unit, 0u);
    ASSERT_LE(unit + length, kUnits);
    for (u32 u = 0; u < length; u++) {
      ASSERT_FALSE(taken[unit + u]);
      taken[unit + u] = true;
      ASSERT_EQ(arena->record(unit + u).kind, UnitKind::kNone) << "what was known of the addresses' last user";
    }
    if (unit < last) {
      laps++;
      ASSERT_GT(last, kUnits - 2 * 256u) << "not all of the arena was passed";
    }
    last = unit;
    arena->record(unit).kind = UnitKind::kSlab;
    live.push_back({unit, order});
  }
  EXPECT_GT(laps, 10u);
}

TEST_F(ArenaTest, NoAddressComesTwiceWhereThatIsAsked) {
  Open(false);
  std::map<u32, u32> seen;
  for (;;) {
    const Result<u32> unit = arena->TakeRun(2, static_cast<u8>(random()));
    if (!unit.ok()) break;
    ASSERT_EQ(seen[unit.value()]++, 0u);
    Give({unit.value(), 2});
  }
  EXPECT_GT(seen.size(), kUnits / 4 / 6);
  EXPECT_FALSE(arena->TakeRun(2, 0).ok());
}

// One long-lived run keeps what is known of its district. Of the others it goes, but for those that were left last.
TEST_F(ArenaTest, WhatIsKnownOfOldAddressesGoes) {
  constexpr u64 kDistricts = kUnits / kDistrictUnits;
  constexpr u64 kRemembered = 32;
  Open(true);
  const u32 kept = arena->TakeRun(1, 0).value();
  arena->record(kept).kind = UnitKind::kLarge;
  std::vector<u32> old;
  while (old.empty() || old.back() < kUnits - 32) {
    old.push_back(arena->TakeRun(1, static_cast<u8>(random())).value());
    arena->record(old.back()).kind = UnitKind::kSlab;
    Give({old.back(), 1});
  }
  EXPECT_EQ(PlainPlatform::forgotten, (kDistricts - 2 - kRemembered) * kDistrictUnits * kUnitBytes);
  EXPECT_EQ(arena->record(kept).kind, UnitKind::kLarge);
  for (const u32 unit : old) {
    const u64 district = unit / kDistrictUnits;
    const bool gone = district != 0 && district < kDistricts - 1 - kRemembered;
    ASSERT_EQ(arena->Forgot(unit), gone) << district;
    ASSERT_EQ(arena->record(unit).kind, gone ? UnitKind::kNone : UnitKind::kFreedSlab) << district;
  }
  EXPECT_FALSE(arena->Forgot(kUnits + 5));
}

}  // namespace
}  // namespace caponier::heap
