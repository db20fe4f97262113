// The small parts that the estimators are made of.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "tool/entropy/bit_string.h"
#include "tool/entropy/gamma.h"
#include "tool/entropy/noise_for_test.h"
#include "tool/entropy/order_statistics.h"
#include "tool/entropy/parallel.h"
#include "tool/entropy/png.h"
#include "tool/entropy/scoreboard.h"
#include "tool/entropy/search.h"
#include "tool/entropy/spectrum.h"

namespace caponier::tool::entropy {
namespace {

TEST(BitString, HoldsEachBitInItsPlace) {
  for (unsigned width = 1; width <= 8; width++) {
    const std::vector<u8> symbols = UniformForTest(1u << width, 150);
    const BitString bits = BitString::Pack(symbols, width);
    ASSERT_EQ(bits.size(), symbols.size() * width);
    const std::vector<u8> unpacked = bits.Unpack();
    u64 ones = 0;
    for (u64 i = 0; i < bits.size(); i++) {
      const unsigned expected = symbols[i / width] >> (width - 1 - i % width) & 1;
      ones += expected;
      EXPECT_EQ(bits[i], expected);
      EXPECT_EQ(unpacked[i], expected);
      for (u64 j = 0; j < 64; j++) {
        ASSERT_EQ(bits.Window(i) >> (63 - j) & 1, i + j < bits.size() ? bits[i + j] : 0) << i << " " << j;
      }
    }
    EXPECT_EQ(bits.Window(bits.size()), 0u);
    EXPECT_EQ(bits.CountOnes(), ones);
  }
}

TEST(Scoreboard, FollowsTheRule) {
  Xoshiro random(7);
  for (const unsigned predictors : {1u, 2u, 16u, 128u}) {
    // Predictors that are often alike, often right, rarely right, or none of it.
    for (unsigned kind = 0; kind < 5; kind++) {
      Scoreboard board(predictors);
      std::vector<u64> points(predictors);
      unsigned winner = 0;
      u64 correct = 0, run = 0, longest = 0;
      for (unsigned block = 0; block < 60; block++) {
        const unsigned steps = kind == 3 ? 1 + random.Below(64) : kind == 4 ? 1 + random.Below(4) : 64;
        const u64 inside = ~u64{0} << (64 - steps), shared = random.Next() | random.Next();
        std::vector<u64> right(predictors), made(predictors);
        for (unsigned d = 0; d < predictors; d++) {
          made[d] = (kind == 1 ? random.Next() | random.Next() : ~u64{0}) & inside;
          right[d] =
              (kind == 2 ? shared & (d % 3 == 0 ? ~u64{0} : ~u64{0xff}) : random.Next() | (d % 2 == 0 ? random.Next() : 0)) &
              made[d];
        }
        if (kind == 4) {
          for (u64& steps_right : right) steps_right &= random.Next() & random.Next();
        }
        board.Add(right, kind == 1 ? std::span<const u64>(made) : std::span<const u64>(), steps);
        for (unsigned step = 0; step < steps; step++) {
          const u64 bit = u64{1} << (63 - step);
          if ((made[winner] & bit) != 0) run = (right[winner] & bit) != 0 ? run + 1 : 0;
          correct += (right[winner] & bit) != 0 ? 1 : 0;
          longest = std::max(longest, run);
          for (unsigned d = 0; d < predictors; d++) {
            if ((right[d] & bit) != 0 && ++points[d] >= points[winner]) winner = d;
          }
        }
        ASSERT_EQ(board.correct(), correct) << predictors << " " << kind << " " << block;
        ASSERT_EQ(board.longest_run(), longest) << predictors << " " << kind << " " << block;
      }
    }
  }
}

TEST(FindInFalling, FindsTheRootOrSaysWhy) {
  const auto falling = [](double x) { return 1 / x; };
  EXPECT_NEAR(FindInFalling(falling, 4, {.low = 0.01, .high = 1, .at_nonsense = -1}), 0.25, 1e-15);
  EXPECT_EQ(FindInFalling(falling, 0.5, {.low = 0.01, .high = 1, .at_nonsense = -1}), 1);  // below all values
  EXPECT_EQ(FindInFalling([](double) { return std::nan(""); }, 4, {.low = 0, .high = 1, .at_nonsense = -1}), -1);
}

TEST(ChiSquareTail, IsThatOfTheTables) {
  EXPECT_NEAR(ChiSquareTail(3.841458820694124, 1), 0.05, 1e-12);
  EXPECT_NEAR(ChiSquareTail(18.307038053275146, 10), 0.05, 1e-12);
  EXPECT_NEAR(ChiSquareTail(10.827566170662733, 1), 0.001, 1e-13);
  EXPECT_NEAR(ChiSquareTail(2, 2), std::exp(-1), 1e-14);  // exactly exp(-x/2)
  EXPECT_NEAR(ChiSquareTail(400, 2), std::exp(-200), 1e-98);
  EXPECT_EQ(ChiSquareTail(0, 5), 1);
  EXPECT_EQ(ChiSquareTail(5, 0), 1);
  EXPECT_EQ(ChiSquareTail(5, -3), 1);
}

TEST(OrderStatistics, AreWhatTheyAreDefinedAs) {
  for (const size_t size : {2, 63, 64, 65, 127, 128, 129, 130, 1000}) {
    for (const std::vector<u8>& data : {UniformForTest(256, size), StickyForTest(3, size, 200), std::vector<u8>(size, 9),
                                        PeriodicForTest(256, size, 2, 0), GrowingForTest(256, size)}) {
      const auto runs_of = [](const std::vector<bool>& values) {
        Runs out;
        u64 run = 0;
        for (size_t i = 0; i < values.size(); i++) {
          const bool same = i > 0 && values[i] == values[i - 1];
          run = same ? run + 1 : 1;
          out.count += same ? 0 : 1;
          out.longest = std::max(out.longest, run);
          out.ones += values[i] ? 1 : 0;
        }
        return out;
      };
      std::vector<bool> rises, above;
      for (size_t i = 0; i + 1 < size; i++) rises.push_back(data[i] <= data[i + 1]);
      for (size_t i = 0; i < size; i++) above.push_back(data[i] >= 100);
      EXPECT_EQ(DirectionalRuns(data), runs_of(rises));
      EXPECT_EQ(MedianRuns(data, 100), runs_of(above));
      for (const size_t lag : {1, 2, 8, 32}) {
        u64 equal = 0, products = 0;
        for (size_t i = 0; i + lag < size; i++) {
          equal += data[i] == data[i + lag] ? 1 : 0;
          products += u64{data[i]} * data[i + lag];
        }
        EXPECT_EQ(Periodicity(data, lag), equal);
        EXPECT_EQ(Covariance(data, lag), products);
      }
      double most = 0, sum = 0, mean = 0;
      for (const u8 symbol : data) mean += symbol;
      mean /= static_cast<double>(size);
      for (size_t i = 0; i < size; i++) {
        sum += data[i];
        most = std::max(most, std::fabs(sum - static_cast<double>(i + 1) * mean));
      }
      EXPECT_EQ(Excursion(data, mean), most);
    }
  }
}

TEST(Covariance, DoesNotOverflow) { EXPECT_EQ(Covariance(std::vector<u8>(200000, 255), 1), u64{199999} * 255 * 255); }

TEST(Xoshiro, IsTheOneOfItsAuthors) {
  // SplitMix64 from seed 0 begins so (the authors' reference); the state below is made of it.
  Xoshiro random(0);
  EXPECT_EQ(random.Next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(random.Next(), 0xbf6e1f784956452au);
}

TEST(Xoshiro, BelowIsEven) {
  Xoshiro random(3);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; i++) counts[random.Below(7)]++;
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);  // 5 standard deviations
}

TEST(RunAll, RunsEachOnceAndPassesFailuresOn) {
  std::vector<std::atomic<int>> runs(100);
  std::vector<std::function<void()>> tasks;
  for (auto& run : runs) tasks.emplace_back([&run] { run++; });
  RunAll(tasks);
  for (const auto& run : runs) EXPECT_EQ(run, 1);
  tasks[50] = [] { throw std::runtime_error("broken"); };
  EXPECT_THROW(RunAll(tasks), std::runtime_error);
  EXPECT_EQ(runs[99], 2);
}

TEST(Spectrum, FindsAPeriodAndKnowsNoise) {
  std::vector<u8> wave(20000);
  for (size_t i = 0; i < wave.size(); i++)
    wave[i] = static_cast<u8>(128 + std::lround(100 * std::sin(2 * std::numbers::pi * i / 16.0)));
  const std::vector<double> correlation = Autocorrelation(wave, 40);
  EXPECT_NEAR(correlation[15], 1, 1e-3);
  EXPECT_NEAR(correlation[7], -1, 1e-3);
  const std::vector<double> power = PowerSpectrum(wave, 256);
  EXPECT_EQ(std::max_element(power.begin(), power.end()) - power.begin(), 256 / 16 - 1);
  EXPECT_LT(power[60], 1e-3);

  const std::vector<u8> noise = UniformForTest(256, 100000);
  for (const double value : Autocorrelation(noise, 40)) EXPECT_NEAR(value, 0, 0.02);
  double mean = 0;
  for (const double value : PowerSpectrum(noise, 256)) mean += value / 128;
  EXPECT_NEAR(mean, 1, 0.02);
  for (const double value : Autocorrelation(std::vector<u8>(1000, 3), 5)) EXPECT_EQ(value, 0);
  for (const double value : PowerSpectrum(std::vector<u8>(1000, 3), 64)) EXPECT_EQ(value, 0);
}

TEST(Png, HasTheFormOfTheStandard) {
  const std::vector<u8> png = EncodePng({.width = 2, .height = 1, .shades = {0, 255}});
  const std::vector<u8> expected{0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I',  'H',  'D',  'R', 0,
                                 0,    0,   2,   0,   0,  0,  1,  8,  0, 0, 0, 0,  0xd1, 0x49, 0x20, 0x56};
  EXPECT_EQ(std::vector<u8>(png.begin(), png.begin() + static_cast<std::ptrdiff_t>(expected.size())), expected);
  const std::vector<u8> end{0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
  EXPECT_EQ(std::vector<u8>(png.end() - 12, png.end()), end);
  EXPECT_EQ(PngAddress({.width = 1, .height = 1, .shades = {0}}).substr(0, 40), "data:image/png;base64,iVBORw0KGgoAAAANSU");
}

}  // namespace
}  // namespace caponier::tool::entropy
