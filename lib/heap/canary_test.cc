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

// The rest of a granule as two words is what it is byte by byte, and each of its bytes counts; the block's own do not.
TEST(Canary, ATailIsTheBytesOfACanary) {
  std::mt19937_64 random(2);
  for (u64 used = 1; used < kGranuleBytes; used++) {
    const u64 canary = DrawnFrom(random).For(kGranuleBytes * random());
    u8 expected[kGranuleBytes] = {}, granule[kGranuleBytes];
    WriteCanary(expected + used, canary, kGranuleBytes - used);
    std::fill(std::begin(granule), std::end(granule), u8{0xff});
    WriteTail(granule, canary, used);
    EXPECT_TRUE(std::ranges::equal(granule, expected)) << used;
    for (u64 i = 0; i < kGranuleBytes; i++) {
      granule[i] ^= 0x10;
      EXPECT_EQ(TailHolds(granule, canary, used), i < used) << used << " " << i;
      granule[i] ^= 0x10;
    }
  }
}

}  // namespace
}  // namespace caponier::heap
