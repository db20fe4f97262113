#include "lib/base/chunked_vector.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace caponier {
namespace {

// Against std::vector, with elements whose loss or double end a sanitizer would see.
TEST(ChunkedVector, IsASequence) {
  std::mt19937 random(1);
  ChunkedVector<std::unique_ptr<int>, 4> ours;
  std::vector<int> theirs;
  for (int turn = 0; turn < 20'000; turn++) {
    const size_t at = random() % (theirs.size() + 1);
    if (random() % (turn / 2'000 % 2 == 0 ? 3 : 2) != 0) {
      ASSERT_TRUE(ours.Insert(at, std::make_unique<int>(turn)).ok());
      theirs.insert(theirs.begin() + static_cast<long>(at), turn);
    } else {
      const size_t count = std::min<size_t>(random() % 7, theirs.size() - at);
      ours.Erase(at, count);
      theirs.erase(theirs.begin() + static_cast<long>(at), theirs.begin() + static_cast<long>(at + count));
    }
    ASSERT_EQ(ours.size(), theirs.size());
    if (turn % 16 != 0) continue;
    for (size_t i = 0; i < theirs.size(); i++) ASSERT_EQ(*ours[i], theirs[i]);
    size_t walked = 0;
    for (const auto& element : ours) ASSERT_EQ(*element, theirs[walked++]);
    ASSERT_EQ(walked, theirs.size());
  }
  ours.Erase(0, ours.size());
  EXPECT_TRUE(ours.empty());
  EXPECT_TRUE(ours.begin() == ours.end());
}

TEST(ChunkedVectorDeathTest, StopsAtItsEnd) {
  ChunkedVector<int> one;
  ASSERT_TRUE(one.Append(1).ok());
  EXPECT_DEATH(one[1], "");
  EXPECT_DEATH(one.Erase(0, 2), "");
}

}  // namespace
}  // namespace caponier
