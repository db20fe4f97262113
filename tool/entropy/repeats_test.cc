#include "tool/entropy/repeats.h"

#include <gtest/gtest.h>

#include <map>

#include "tool/entropy/common_prefixes.h"
#include "tool/entropy/noise_for_test.h"

namespace caponier::tool::entropy {
namespace {

using Symbols = std::vector<u8>;

struct Text {
  Symbols symbols;
  unsigned width;
  bool repeats = false;  // so much that comparing windows may give up
};

std::vector<Text> Texts(size_t size) {
  std::vector<Text> out;
  for (unsigned width = 1; width <= 8; width++) {
    const unsigned symbols = 1u << width;
    out.push_back({UniformForTest(symbols, size), width});
    out.push_back({BiasedForTest(symbols, size), width});
    out.push_back({StickyForTest(symbols, size, 230), width});
    out.push_back({PeriodicForTest(symbols, size, 40, 30), width});
    out.push_back({JoinedForTest(UniformForTest(symbols, size / 2), UniformForTest(symbols, size / 2)), width, true});
    out.push_back({JoinedForTest(UniformForTest(symbols, size), Symbols(5)), width});  // ends in zeros, as the padding does
    out.push_back({JoinedForTest(Symbols(5), JoinedForTest(UniformForTest(symbols, size), Symbols(5))), width});
  }
  return out;
}

TEST(CommonPrefixes, BothWaysAgree) {
  for (const size_t size : {2, 9, 100, 3000}) {
    for (const Text& text : Texts(size)) {
      std::vector<i32> lengths;
      const bool done =
          CommonPrefixesByWindows(BitString::Pack(text.symbols, text.width), text.width,
                                  [&](std::span<const u32> some) { lengths.insert(lengths.end(), some.begin(), some.end()); });
      EXPECT_TRUE(done || text.repeats);
      if (!done) continue;
      EXPECT_EQ(lengths, CommonPrefixesBySuffixArray(text.symbols))
          << "width " << text.width << ", " << text.symbols.size() << " symbols";
    }
  }
}

TEST(CommonPrefixes, WindowsGiveUpOnWhatTheyWouldTakeLongFor) {
  const auto ignore = [](std::span<const u32>) {};
  EXPECT_FALSE(CommonPrefixesByWindows(BitString::Pack(Symbols(100000), 1), 1, ignore));
  EXPECT_FALSE(CommonPrefixesByWindows(BitString::Pack(PeriodicForTest(256, 100000, 200, 0), 8), 8, ignore));
  EXPECT_TRUE(CommonPrefixesByWindows(BitString::Pack(UniformForTest(256, 100000), 8), 8, ignore));
}

// Counts every string.
TEST(Repeats, CountsWhatIsThere) {
  std::vector<Text> texts = Texts(150);
  texts.push_back({Symbols(150), 1});
  texts.push_back({PeriodicForTest(4, 150, 3, 0), 2});
  texts.push_back({FibonacciForTest(150), 1});
  texts.push_back({Symbols(70000), 1});  // by a suffix array
  for (const Text& text : texts) {
    const Repeats repeats(BitString::Pack(text.symbols, text.width), text.width);
    if (text.symbols.size() > 1000) {
      EXPECT_EQ(repeats.longest(), text.symbols.size() - 1);
      for (const u64 t : {u64{1}, u64{2}, u64{35000}, repeats.longest()})
        EXPECT_EQ(repeats.MostFrequent(t), text.symbols.size() - t + 1);
      repeats.ForPairs(69000, [&](u64 t, u64 pairs) { EXPECT_EQ(pairs, (70000 - t + 1) * (70000 - t) / 2); });
      continue;
    }
    std::map<u64, u64> pairs;
    repeats.ForPairs(1, [&](u64 t, u64 count) { pairs[t] = count; });
    for (u64 t = 1; t <= repeats.longest() + 1; t++) {
      std::map<Symbols, u32> counts;
      for (auto at = text.symbols.begin(); text.symbols.end() - at >= static_cast<std::ptrdiff_t>(t); ++at) {
        counts[Symbols(at, at + static_cast<std::ptrdiff_t>(t))]++;
      }
      u32 most = 0;
      u64 sum = 0;
      for (const auto& [tuple, count] : counts) {
        most = std::max(most, count);
        sum += u64{count} * (count - 1) / 2;
      }
      if (t > repeats.longest()) {
        EXPECT_LE(most, 1u);
      } else {
        EXPECT_EQ(repeats.MostFrequent(t), most) << t;
        EXPECT_EQ(pairs[t], sum) << t;
      }
    }
  }
}

}  // namespace
}  // namespace caponier::tool::entropy
