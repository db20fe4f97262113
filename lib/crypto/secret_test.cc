#include "lib/crypto/secret.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace caponier::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<Secret<32>> && !std::is_copy_assignable_v<Secret<32>>);
static_assert(std::is_move_constructible_v<Secret<32>> && sizeof(Secret<32>) == 32);

bool IsZero(Bytes bytes) {
  for (std::byte b : bytes) {
    if (b != std::byte{0}) return false;
  }
  return true;
}

TEST(Secret, MovingLeavesZeros) {
  Secret<8> from;
  from.writable()[3] = std::byte{9};
  Secret<8> to(std::move(from));
  EXPECT_TRUE(IsZero(from.bytes()));
  EXPECT_EQ(to.bytes()[3], std::byte{9});
  Secret<8> third;
  third = std::move(to);
  EXPECT_TRUE(IsZero(to.bytes()));
  EXPECT_EQ(third.bytes()[3], std::byte{9});
}

TEST(Secret, EndingLeavesZeros) {
  alignas(Secret<8>) std::byte place[8];
  auto* secret = new (place) Secret<8>;
  secret->writable()[0] = std::byte{1};
  secret->~Secret<8>();
  EXPECT_TRUE(IsZero(place));
}

}  // namespace
}  // namespace caponier::crypto
