// The estimators one by one: the standard's own examples, its rules followed literally, and the edges.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "tool/entropy/collision.h"
#include "tool/entropy/compression.h"
#include "tool/entropy/lag.h"
#include "tool/entropy/lz78y.h"
#include "tool/entropy/markov.h"
#include "tool/entropy/most_common_value.h"
#include "tool/entropy/multi_mcw.h"
#include "tool/entropy/multi_mmc.h"
#include "tool/entropy/noise_for_test.h"
#include "tool/entropy/tuples.h"

namespace caponier::tool::entropy {
namespace {

using Symbols = std::vector<u8>;

BitString Bits(const Symbols& symbols) { return BitString::Pack(symbols, 1); }

// [sp800-90b] 6.3.2 and 6.3.3
const Symbols kBits{1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0,
                    1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0};
// [sp800-90b] 6.3.5 and 6.3.6
const Symbols kTuples{2, 2, 0, 1, 0, 2, 0, 1, 2, 1, 2, 0, 1, 2, 1, 0, 0, 1, 0, 0, 0};

TEST(StandardsExample, MostCommonValue) {
  EXPECT_NEAR(MostCommonValue(Symbols{0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2, 1}, 3), 0.5363, 1e-4);
}
TEST(StandardsExample, Collision) { EXPECT_NEAR(Collision(Bits(kBits)), 0.4483, 1e-4); }
TEST(StandardsExample, Markov) { EXPECT_NEAR(Markov(Bits(kBits)), 0.761, 5e-4); }
TEST(StandardsExample, Compression) {
  const Symbols bits{1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0,
                     0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 1};
  EXPECT_NEAR(Compression(Bits(bits), 4).value(), 0.1345, 1e-4);
}
TEST(StandardsExample, Tuples) {
  const TupleEstimates tuples = EstimateTuples(Repeats(BitString::Pack(kTuples, 2), 2), 3);
  EXPECT_NEAR(tuples.t_tuple.value(), 0.273, 5e-4);
  EXPECT_NEAR(tuples.lrs.value(), 0.6146, 1e-4);
}
TEST(StandardsExample, MultiMcw) {
  const auto predictions = MultiMcw(Symbols{1, 2, 1, 0, 2, 1, 1, 2, 2, 0, 0, 0}, 3, {3, 5, 7, 9});
  EXPECT_EQ(predictions, (Predictions{.count = 9, .correct = 3, .longest_run = 1}));
  EXPECT_NEAR(PredictionEstimate(*predictions, 3), 0.3908, 3e-4);
}
TEST(StandardsExample, Lag) {
  const Predictions predictions = Lag(Symbols{2, 1, 3, 2, 1, 3, 1, 3, 1, 2}, 3);
  EXPECT_EQ(predictions, (Predictions{.count = 9, .correct = 2, .longest_run = 2}));
  EXPECT_NEAR(PredictionEstimate(predictions, 3), 0.735, 5e-4);
}
TEST(StandardsExample, MultiMmc) {
  EXPECT_NEAR(PredictionEstimate(MultiMmc(Symbols{2, 1, 3, 2, 1, 3, 1, 3, 1}, 3), 3), 0.0755, 1e-4);
}
TEST(StandardsExample, Lz78y) {
  EXPECT_NEAR(PredictionEstimate(Lz78y(Symbols{2, 1, 3, 2, 1, 3, 1, 3, 1, 2, 1, 3, 2}, 4), 3), 0.0191, 1e-4);
}

// The rules of 6.3.7 to 6.3.10, word by word.
class Literal {
 public:
  explicit Literal(unsigned predictors) : points_(predictors) {}
  // One step: what each predictor says, if anything.
  void Step(const std::vector<std::optional<u8>>& predictions, u8 symbol) {
    if (predictions[winner_].has_value()) Count(*predictions[winner_] == symbol);
    for (unsigned d = 0; d < predictions.size(); d++) {
      if (predictions[d] == symbol && ++points_[d] >= points_[winner_]) winner_ = d;
    }
  }
  void Count(bool right) {
    run_ = right ? run_ + 1 : 0;
    correct_ += right ? 1 : 0;
    longest_ = std::max(longest_, run_);
  }
  Predictions Of(u64 count) const { return {.count = count, .correct = correct_, .longest_run = longest_}; }

 private:
  std::vector<u64> points_;
  unsigned winner_ = 0;
  u64 correct_ = 0, run_ = 0, longest_ = 0;
};

Predictions LiteralLag(const Symbols& s, unsigned depth) {
  Literal board(depth);
  for (size_t i = 1; i < s.size(); i++) {
    std::vector<std::optional<u8>> predictions(depth);
    for (size_t d = 1; d <= std::min<size_t>(depth, i); d++) predictions[d - 1] = s[i - d];
    board.Step(predictions, s[i]);
  }
  return board.Of(s.size() - 1);
}

Predictions LiteralMultiMcw(const Symbols& s, const Windows& windows) {
  Literal board(4);
  for (size_t i = windows[0]; i < s.size(); i++) {
    std::vector<std::optional<u8>> predictions(4);
    for (size_t w = 0; w < 4; w++) {
      if (i < windows[w]) continue;
      std::map<u8, std::pair<u32, size_t>> seen;  // how often, where last
      for (size_t j = i - windows[w]; j < i; j++) seen[s[j]] = {seen[s[j]].first + 1, j};
      predictions[w] =
          std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    }
    board.Step(predictions, s[i]);
  }
  return board.Of(s.size() - windows[0]);
}

using Dictionary = std::map<Symbols, std::map<u8, u32>>;

// The most frequent, of several the greatest.
std::pair<u32, u8> Best(const std::map<u8, u32>& counts) {
  std::pair<u32, u8> best{0, 0};
  for (const auto& [symbol, count] : counts) best = std::max(best, {count, symbol});
  return best;
}

Predictions LiteralMultiMmc(const Symbols& s, unsigned depth, u32 most_entries) {
  Literal board(depth);
  std::vector<Dictionary> models(depth);
  std::vector<u32> entries(depth);
  const auto learn = [&](size_t i, unsigned d, bool found) {
    auto& counts =
        models[d - 1][Symbols(s.begin() + static_cast<std::ptrdiff_t>(i - d), s.begin() + static_cast<std::ptrdiff_t>(i))];
    const bool known = counts.contains(s[i]);
    // Where nothing was predicted, NIST's tool takes an entry even for what is there, and counts it only if it has one left.
    if ((found && known) || entries[d - 1] < most_entries) {
      counts[s[i]]++;
      if (!found || !known) entries[d - 1]++;
    }
  };
  for (size_t i = 1; i < s.size(); i++) {
    const auto longest = static_cast<unsigned>(std::min<size_t>(depth, i));
    std::vector<std::optional<u8>> predictions(depth);
    unsigned found = 0;
    for (unsigned d = 1; d <= longest; d++) {
      const auto model =
          models[d - 1].find(Symbols(s.begin() + static_cast<std::ptrdiff_t>(i - d), s.begin() + static_cast<std::ptrdiff_t>(i)));
      if (model == models[d - 1].end() || model->second.empty()) break;
      predictions[d - 1] = Best(model->second).second;
      found = d;
    }
    board.Step(predictions, s[i]);
    for (unsigned d = 1; d <= longest; d++) learn(i, d, d <= found);
  }
  return board.Of(s.size() - 2);
}

Predictions LiteralLz78y(const Symbols& s, unsigned depth, u32 most_entries) {
  Literal tally(1);
  Dictionary dictionary;
  for (size_t i = depth; i < s.size(); i++) {
    std::pair<u32, u8> best{0, 0};
    for (unsigned d = depth; d > 0; d--) {
      const Symbols context(s.begin() + static_cast<std::ptrdiff_t>(i - d), s.begin() + static_cast<std::ptrdiff_t>(i));
      const auto found = dictionary.find(context);
      if (found != dictionary.end()) {
        const auto candidate = Best(found->second);
        if (candidate.first > best.first) best = candidate;
        found->second[s[i]]++;
      } else if (dictionary.size() < most_entries) {
        dictionary[context][s[i]] = 1;
      }
    }
    if (i > depth) tally.Count(best.first > 0 && best.second == s[i]);
  }
  return tally.Of(s.size() - depth - 1);
}

std::vector<Symbols> Texts(size_t size) {
  std::vector<Symbols> out;
  for (const unsigned symbols : {2u, 5u, 200u}) {
    out.push_back(UniformForTest(symbols, size));
    out.push_back(BiasedForTest(symbols, size));
    out.push_back(StickyForTest(symbols, size, 220));
    out.push_back(PeriodicForTest(symbols, size, 7, 0));
    out.push_back(PeriodicForTest(symbols, size, 70, 15));
    out.push_back(GrowingForTest(symbols, size));
  }
  out.push_back(Symbols(size, 0));
  out.push_back(FibonacciForTest(size));
  return out;
}

TEST(Lag, FollowsTheRule) {
  for (const Symbols& text : Texts(500)) {
    for (const unsigned depth : {1u, 3u, 64u, 128u}) EXPECT_EQ(Lag(text, depth), LiteralLag(text, depth));
    if (*std::max_element(text.begin(), text.end()) < 2) {
      for (const unsigned depth : {1u, 3u, 64u, 128u}) EXPECT_EQ(Lag(Bits(text), depth), LiteralLag(text, depth));
    }
  }
}

TEST(MultiMcw, FollowsTheRule) {
  for (const Symbols& text : Texts(300)) {
    for (const Windows& windows : {Windows{3, 5, 7, 9}, Windows{4, 16, 63, 64}, Windows{20, 21, 90, 200}}) {
      EXPECT_EQ(MultiMcw(text, 256, windows), LiteralMultiMcw(text, windows));
    }
  }
}

TEST(MultiMcw, OfBitsIsThatOfTwoSymbols) {
  for (const Symbols& text :
       {UniformForTest(2, 20000), StickyForTest(2, 9000, 240), FibonacciForTest(5000), UniformForTest(2, 4096)}) {
    EXPECT_EQ(MultiMcw(Bits(text)), MultiMcw(text, 2));
  }
  EXPECT_FALSE(MultiMcw(Bits(UniformForTest(2, 4095))).has_value());
  EXPECT_FALSE(MultiMcw(UniformForTest(2, 4095), 2).has_value());
}

TEST(MultiMmc, FollowsTheRule) {
  for (const Symbols& text : Texts(400)) {
    for (const u32 entries : {1u, 20u, 150u, 100000u}) {
      for (const unsigned depth : {3u, 16u}) {
        EXPECT_EQ(MultiMmc(text, depth, entries), LiteralMultiMmc(text, depth, entries)) << depth << " " << entries;
      }
    }
  }
}

TEST(MultiMmc, OfBitsIsThatOfTwoSymbols) {
  for (const Symbols& text :
       {UniformForTest(2, 150000), BiasedForTest(2, 150000), FibonacciForTest(5000), StickyForTest(2, 20000, 250),
        JoinedForTest(Symbols(3000), UniformForTest(2, 120000)), UniformForTest(2, 18)}) {
    EXPECT_EQ(MultiMmc(Bits(text)), MultiMmc(text));
  }
}

TEST(Lz78y, FollowsTheRule) {
  for (const Symbols& text : Texts(400)) {
    for (const u32 entries : {1u, 40u, 1000u, 65536u}) {
      for (const unsigned depth : {4u, 16u}) {
        EXPECT_EQ(Lz78y(text, depth, entries), LiteralLz78y(text, depth, entries)) << depth << " " << entries;
      }
    }
  }
}

TEST(Lz78y, OfBitsIsThatOfTwoSymbols) {
  for (const Symbols& text : {UniformForTest(2, 150000), BiasedForTest(2, 20000), FibonacciForTest(5000), Symbols(3000),
                              JoinedForTest(PeriodicForTest(2, 3000, 2, 0), UniformForTest(2, 20000)), UniformForTest(2, 19)}) {
    EXPECT_EQ(Lz78y(Bits(text)), Lz78y(text));
  }
}

TEST(Prediction, EdgesAreWhatTheyMustBe) {
  EXPECT_EQ(PredictionEstimate({.count = 1000, .correct = 1000, .longest_run = 1000}, 2), 0);
  EXPECT_EQ(PredictionEstimate({.count = 100000, .correct = 40000, .longest_run = 3}, 2), 1);  // no worse than a coin
  // Nothing right: 1 - 0.01^(1/n), but one of 256 at least.
  EXPECT_NEAR(PredictionEstimate({.count = 100, .correct = 0, .longest_run = 0}, 256), -std::log2(1 - std::pow(0.01, 0.01)),
              1e-12);
  EXPECT_EQ(PredictionEstimate({.count = 100000, .correct = 0, .longest_run = 0}, 256), 8);
  // A long run counts, however few predictions were right.
  EXPECT_LT(PredictionEstimate({.count = 100000, .correct = 500, .longest_run = 50}, 256), 1);
}

TEST(Bits, EstimatesOfBitsAndSymbolsAgree) {
  for (const Symbols& text : {UniformForTest(2, 5000), BiasedForTest(2, 777)}) {
    EXPECT_DOUBLE_EQ(MostCommonValue(Bits(text)), MostCommonValue(text, 2));
  }
}

TEST(Compression, NeedsMoreBlocksThanTheDictionary) {
  EXPECT_FALSE(Compression(Bits(UniformForTest(2, 6005))).has_value());
  EXPECT_TRUE(Compression(Bits(UniformForTest(2, 6006))).has_value());
}

TEST(Constant, HasNoEntropy) {
  const BitString bits = Bits(Symbols(20000));
  EXPECT_EQ(MostCommonValue(bits), 0);
  EXPECT_EQ(Collision(bits), 0);
  EXPECT_EQ(Markov(bits), 0);
  EXPECT_NEAR(Compression(bits).value(), 0, 1e-12);
  EXPECT_EQ(PredictionEstimate(Lag(bits), 2), 0);
  EXPECT_EQ(PredictionEstimate(*MultiMcw(bits), 2), 0);
}

}  // namespace
}  // namespace caponier::tool::entropy
