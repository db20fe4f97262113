#include "lib/random/uniform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "lib/random/random.h"

namespace caponier::random {
namespace {

static_assert(std::uniform_random_bit_generator<Stream>);

// The same algorithm at a width where every word can be tried: over 2^8 words, words that are not drawn again fall on each result
// equally often. Only the width differs from UniformBelow.
TEST(Uniform, TheMethodIsExactAtEightBits) {
  for (unsigned bound = 1; bound < 256; bound++) {
    std::map<unsigned, int> counts;
    const unsigned excess = 256 % bound;
    for (unsigned word = 0; word < 256; word++) {
      const unsigned product = word * bound;
      if ((product & 255) >= excess) counts[product >> 8]++;
    }
    ASSERT_EQ(counts.size(), bound);
    for (const auto& [value, count] : counts) ASSERT_EQ(count, static_cast<int>(256 / bound)) << value << " of " << bound;
  }
}

// Words that must be drawn again are, and no other is: those whose product has a low half below 2^64 mod bound. Large bounds, for which
// that is often.
TEST(Uniform, DrawsAgainExactlyWhenItMust) {
  std::mt19937_64 random(1);
  size_t again = 0;
  for (int i = 0; i < 10'000; i++) {
    const u64 bound = random() | u64{1} << 63;
    const u64 excess = static_cast<u64>((static_cast<unsigned __int128>(1) << 64) % bound);
    std::vector<u64> words(40);
    for (u64& word : words) word = random();
    size_t used = 0, expected = 1;
    (void)UniformBelow(bound, [&] { return words.at(used++); });
    while (words.at(expected - 1) * bound < excess) expected++;
    ASSERT_EQ(used, expected) << bound;
    again += expected - 1;
  }
  EXPECT_GT(again, 1000u);
}

TEST(Uniform, EdgesOfTheRange) {
  const auto always = [](u64 word) { return [word] { return word; }; };
  EXPECT_EQ(UniformBelow(1, always(0x1234567890abcdef)), 0u);
  EXPECT_EQ(UniformBelow(~u64{0}, always(~u64{0})), ~u64{0} - 1);
  EXPECT_EQ(UniformBelow(u64{1} << 63, always(~u64{0})), (u64{1} << 63) - 1);
  EXPECT_EQ(UniformBelow(u64{1} << 63, always(0)), 0u);
}

TEST(Stream, ShufflesAndFeedsDistributions) {
  Root root;
  const std::vector<std::byte> seed(32, std::byte{1});
  root.Absorb(SourceId::kFirmwareSeed, seed, {256});
  Stream stream = Stream::Open(root, root.Proof().value(), "test");
  std::vector<int> cards(52), sorted(52);
  std::iota(cards.begin(), cards.end(), 0);
  sorted = cards;
  std::shuffle(cards.begin(), cards.end(), stream);
  EXPECT_NE(cards, sorted);
  EXPECT_TRUE(std::is_permutation(cards.begin(), cards.end(), sorted.begin()));
  std::uniform_int_distribution<int> die(1, 6);
  std::map<int, int> faces;
  for (int i = 0; i < 600; i++) faces[die(stream)]++;
  EXPECT_EQ(faces.size(), 6u);
}

}  // namespace
}  // namespace caponier::random
