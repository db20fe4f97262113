#include "lib/heap/memory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/heap/testing/test_platform_for_test.h"

namespace caponier::heap {
namespace {

constexpr u64 kMost = 1200, kAround = 64;
struct Piece {
  alignas(16) u8 bytes[kAround + kMost + kAround];
  u8* at() { return bytes + kAround; }
};

bool WideOrLong(const void* memory, u64 bytes) {
  return testing::PlainPlatform::HasWideVectors() ? IsZeroWide(memory, bytes) : IsZeroLong(memory, bytes);
}

// Every byte counts, in each form, and none beyond.
TEST(Memory, EveryByteIsLookedAt) {
  Piece piece;
  std::fill(std::begin(piece.bytes), std::end(piece.bytes), u8{0xff});
  for (u64 bytes = 16; bytes <= kMost; bytes += 16) {
    std::fill(piece.at(), piece.at() + bytes, u8{0});
    const bool is_long = bytes > kInlineBytes;
    EXPECT_TRUE(IsZero(piece.at(), bytes)) << bytes;
    if (is_long) EXPECT_TRUE(WideOrLong(piece.at(), bytes)) << bytes;
    for (u64 i = 0; i < bytes; i++) {
      piece.at()[i] = 0x80;
      ASSERT_FALSE(IsZero(piece.at(), bytes)) << i << " of " << bytes;
      if (is_long) ASSERT_FALSE(WideOrLong(piece.at(), bytes)) << i << " of " << bytes;
      piece.at()[i] = 0;
    }
  }
}

TEST(Memory, EveryByteIsClearedAndNoneBeyond) {
  for (u64 bytes = 16; bytes <= kShortBytes; bytes += 16) {
    Piece piece;
    std::fill(std::begin(piece.bytes), std::end(piece.bytes), u8{0xff});
    if (bytes <= kStep) ClearStep(piece.at(), StepsOf(bytes).second, StepsOf(bytes).third, bytes);
    else ClearSteps(piece.at(), bytes);
    EXPECT_TRUE(std::all_of(piece.at(), piece.at() + bytes, [](u8 byte) { return byte == 0; })) << bytes;
    EXPECT_EQ(std::count(std::begin(piece.bytes), std::end(piece.bytes), u8{0xff}),
              static_cast<long>(sizeof(piece.bytes) - bytes));
  }
}

}  // namespace
}  // namespace caponier::heap
