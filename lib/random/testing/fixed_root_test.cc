#include "lib/random/testing/fixed_root.h"

#include <gtest/gtest.h>

namespace caponier::random::testing {
namespace {

TEST(FixedRoot, SeedDecides) {
  const u64 first = FixedRoot(1).OpenStream("a").Next();
  EXPECT_EQ(FixedRoot(1).OpenStream("a").Next(), first);
  EXPECT_NE(FixedRoot(2).OpenStream("a").Next(), first);
}

}  // namespace
}  // namespace caponier::random::testing
