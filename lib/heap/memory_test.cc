#include "lib/heap/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lib/heap/testing/test_platform_for_test.h"

namespace caponier::heap {
namespace {

constexpr u64 kMost = 1200, kAround = 64;
struct Piece {
  alignas(16) u8 bytes[kAround + kMost + kAround];
  u8* at() { return bytes + kAround; }
};

// The code that a processor with wide vectors runs, or as much of it as this one can.
template <typename V>
struct Steps {
  static bool AreZero(void* at, u64 bytes) {
    const MiddleSteps steps = StepsOf<V>(bytes);
    return AreStepsZero<V>(at, steps.second, steps.third, bytes);
  }
  static void Clear(void* at, u64 bytes) {
    const MiddleSteps steps = StepsOf<V>(bytes);
    ClearSteps<V>(at, steps.second, steps.third, static_cast<u8*>(at) + bytes);
  }
};
bool WideOrLong(const void* memory, u64 bytes) {
  return testing::PlainPlatform::HasWideVectors() ? IsZeroWide(memory, bytes) : IsZeroLong(memory, bytes);
}

// Whether `is_zero` sees each byte of the piece, and what stands around it is nothing to it.
template <typename IsZero>
void ExpectAllSeen(Piece& piece, u64 bytes, IsZero is_zero) {
  EXPECT_TRUE(is_zero(piece.at(), bytes)) << bytes;
  for (u64 i = 0; i < bytes; i++) {
    piece.at()[i] = 0x80;
    ASSERT_FALSE(is_zero(piece.at(), bytes)) << i << " of " << bytes;
    piece.at()[i] = 0;
  }
}

TEST(Memory, EveryByteIsLookedAt) {
  Piece piece;
  std::fill(std::begin(piece.bytes), std::end(piece.bytes), u8{0xff});
  for (u64 bytes = 16; bytes <= kMost; bytes += 16) {
    std::fill(piece.at(), piece.at() + bytes, u8{0});
    ExpectAllSeen(piece, bytes, [](void* at, u64 count) { return IsZero(at, count); });
    if (bytes >= kTurn) ExpectAllSeen(piece, bytes, WideOrLong);
    if (bytes >= kTurn) ExpectAllSeen(piece, bytes, IsZeroLong);
    if (AreSteps<Narrow>(bytes)) ExpectAllSeen(piece, bytes, Steps<Narrow>::AreZero);
    if (AreSteps<Wide>(bytes)) ExpectAllSeen(piece, bytes, Steps<Wide>::AreZero);
  }
}

template <typename Clear>
void ExpectAllCleared(u64 bytes, Clear clear) {
  Piece piece;
  std::fill(std::begin(piece.bytes), std::end(piece.bytes), u8{0xff});
  clear(piece.at(), bytes);
  EXPECT_TRUE(std::all_of(piece.at(), piece.at() + bytes, [](u8 byte) { return byte == 0; })) << bytes;
  EXPECT_EQ(std::count(std::begin(piece.bytes), std::end(piece.bytes), u8{0xff}), static_cast<long>(sizeof(piece.bytes) - bytes))
      << bytes;
}

TEST(Memory, EveryByteIsClearedAndNoneBeyond) {
  for (u64 bytes = 16; bytes <= kMost; bytes += 16) {
    if (AreSteps<Narrow>(bytes)) ExpectAllCleared(bytes, Steps<Narrow>::Clear);
    if (AreSteps<Wide>(bytes)) ExpectAllCleared(bytes, Steps<Wide>::Clear);
    if (bytes > Narrow::kSteps) ExpectAllCleared(bytes, [](void* at, u64 count) { ClearShort(at, count); });
    if (bytes >= kTurn) ExpectAllCleared(bytes, [](void* at, u64 count) { ClearTurns<Wide>(at, count); });
  }
}

TEST(Memory, StepsAreOfSizesThatTheyCover) {
  EXPECT_TRUE(AreSteps<Narrow>(16) && AreSteps<Narrow>(64) && AreSteps<Wide>(32) && AreSteps<Wide>(128));
  EXPECT_FALSE(AreSteps<Narrow>(80) || AreSteps<Wide>(16) || AreSteps<Wide>(144));
}

TEST(Memory, PagesAreClearedAndNothingAroundThem) {
  for (const u64 bytes : {kPageSize, kClearPastCaches - kPageSize, kClearPastCaches, kClearPastCaches + kPageSize}) {
    std::vector<u8> memory(bytes + 3 * kPageSize, 0xff);
    u8* at = memory.data() + (AlignUp(reinterpret_cast<u64>(memory.data()), kPageSize) - reinterpret_cast<u64>(memory.data())) +
             kPageSize;
    ClearPages(at, bytes);
    EXPECT_TRUE(std::all_of(at, at + bytes, [](u8 byte) { return byte == 0; })) << bytes;
    EXPECT_EQ(at[-1], 0xff);
    EXPECT_EQ(at[bytes], 0xff);
  }
}

}  // namespace
}  // namespace caponier::heap
