#include "lib/heap/canary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace caponier::heap {
namespace {

constexpr u64 kGranuleBytes = 16;

Canary DrawnFrom(std::mt19937_64& random) {
  Canary canary;
  canary.Draw(random(), random());
  return canary;
}

TEST(Canary, TheFirstByteIsNeverZero) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; i++) {
    const u64 address = random() & ~(kGranuleBytes - 1);
    ASSERT_NE(DrawnFrom(random).For(address) & 0xff, 0u) << address;
  }
}

// Each byte behind the block counts, its own do not, and the first one behind it is not zero. Nothing outside of the granule is touched.
TEST(Canary, ATailIsTheRestOfAGranule) {
  std::mt19937_64 random(2);
  for (const OwnBytes own : {OwnBytes::kZero, OwnBytes::kKept}) {
    for (u64 used = 1; used < kGranuleBytes; used++) {
      const u64 canary = DrawnFrom(random).For(kGranuleBytes * random());
      alignas(kGranuleBytes) u8 row[3 * kGranuleBytes];
      u8* granule = row + kGranuleBytes;
      std::fill(std::begin(row), std::end(row), u8{0xff});
      std::fill(granule + used, granule + kGranuleBytes, u8{0});
      WriteTail(granule + used, canary, own);
      EXPECT_TRUE(std::all_of(row, granule, [](u8 byte) { return byte == 0xff; })) << used;
      EXPECT_TRUE(std::all_of(granule + kGranuleBytes, std::end(row), [](u8 byte) { return byte == 0xff; })) << used;
      for (u64 i = 0; own == OwnBytes::kKept && i < used; i++) EXPECT_EQ(granule[i], 0xff) << used << " " << i;
      EXPECT_NE(granule[used], 0) << used;
      for (u64 i = 0; i < kGranuleBytes - used; i++) {
        const u64 whole = kGranuleBytes - used <= 8 ? 8 : kGranuleBytes - used - 8;
        const u64 byte = i < whole ? i : i - whole;
        EXPECT_EQ(granule[used + i], static_cast<u8>(canary >> 8 * byte)) << used << " " << i;
      }
      for (u64 i = 0; i < kGranuleBytes; i++) {
        granule[i] ^= 0x10;
        EXPECT_EQ(TailHolds(granule + used, canary), i < used) << used << " " << i;
        granule[i] ^= 0x10;
      }
    }
  }
}

// Of the last 8 bytes those count that the canary does not reach.
TEST(Canary, ASlotEndsInZeros) {
  for (u64 slack = kCanaryBytes; slack <= kMostMasked; slack++) {
    u8 slot[kMostMasked] = {};
    u8* end = std::end(slot);
    std::fill_n(end - slack, kCanaryBytes, u8{0xff});
    EXPECT_TRUE(SlotEndHolds(end, slack)) << slack;
    for (u64 behind = 1; behind <= kCanaryBytes; behind++) {
      end[-static_cast<int>(behind)] ^= 0x10;
      EXPECT_EQ(SlotEndHolds(end, slack), behind > slack - kCanaryBytes) << slack << " " << behind;
      end[-static_cast<int>(behind)] ^= 0x10;
    }
  }
}

}  // namespace
}  // namespace caponier::heap
