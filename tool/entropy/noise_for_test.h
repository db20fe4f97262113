// Deterministic noise of known kinds. NIST's tool was run on these very bytes for the numbers in the tests, so they must not change.
#pragma once

#include <algorithm>
#include <vector>

#include "lib/base/types.h"
#include "tool/entropy/random.h"

namespace caponier::tool::entropy {

inline std::vector<u8> UniformForTest(unsigned symbols, size_t size, u64 seed = 1) {
  Xoshiro random(seed);
  std::vector<u8> out(size);
  for (u8& symbol : out) symbol = static_cast<u8>(random.Below(symbols));
  return out;
}

// The least of three draws: small symbols are more frequent.
inline std::vector<u8> BiasedForTest(unsigned symbols, size_t size, u64 seed = 1) {
  Xoshiro random(seed);
  std::vector<u8> out(size);
  for (u8& symbol : out) {
    const u32 a = random.Below(symbols), b = random.Below(symbols), c = random.Below(symbols);
    symbol = static_cast<u8>(std::min({a, b, c}));
  }
  return out;
}

// Stays what it was with probability `stay` / 256.
inline std::vector<u8> StickyForTest(unsigned symbols, size_t size, unsigned stay, u64 seed = 1) {
  Xoshiro random(seed);
  std::vector<u8> out(size);
  u8 last = 0;
  for (u8& symbol : out) {
    if (random.Below(256) >= stay) last = static_cast<u8>(random.Below(symbols));
    symbol = last;
  }
  return out;
}

// Repeats after `period`, but for one symbol in `noise` (0: none).
inline std::vector<u8> PeriodicForTest(unsigned symbols, size_t size, size_t period, unsigned noise, u64 seed = 1) {
  Xoshiro random(seed);
  std::vector<u8> out(size);
  for (size_t i = 0; i < size; i++) {
    out[i] = static_cast<u8>(i < period || (noise != 0 && random.Below(noise) == 0) ? random.Below(symbols) : out[i - period]);
  }
  return out;
}

// Uniform over an alphabet that grows from one symbol to `symbols`.
inline std::vector<u8> GrowingForTest(unsigned symbols, size_t size, u64 seed = 1) {
  Xoshiro random(seed);
  std::vector<u8> out(size);
  for (size_t i = 0; i < size; i++) out[i] = static_cast<u8>(random.Below(static_cast<u32>(1 + i * symbols / size)));
  return out;
}

// Each symbol replaced by another.
inline std::vector<u8> RenamedForTest(std::vector<u8> symbols, const std::vector<u8>& names) {
  for (u8& symbol : symbols) symbol = names[symbol];
  return symbols;
}

// One after the other.
inline std::vector<u8> JoinedForTest(std::vector<u8> a, const std::vector<u8>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// 0100101001001...: the word that repeats itself most without being periodic.
inline std::vector<u8> FibonacciForTest(size_t size) {
  std::vector<u8> a{0}, b{0, 1};
  while (b.size() < size) {
    std::vector<u8> next = JoinedForTest(b, a);
    a = std::move(b);
    b = std::move(next);
  }
  b.resize(size);
  return b;
}

struct DataSetForTest {
  const char* name;
  unsigned bits;
  std::vector<u8> samples;
};

inline std::vector<DataSetForTest> DataSetsForTest() {
  const auto one_change = [] {
    std::vector<u8> out(20000, 0);
    out[10000] = 1;
    return out;
  };
  return {
      {"uniform1", 1, UniformForTest(2, 20000)},
      {"uniform2", 2, UniformForTest(4, 20000)},
      {"uniform3", 3, UniformForTest(8, 20000)},
      {"uniform4", 4, UniformForTest(16, 20000)},
      {"uniform5", 5, UniformForTest(32, 20000)},
      {"uniform6", 6, UniformForTest(64, 20000)},
      {"uniform7", 7, UniformForTest(128, 20000)},
      {"uniform8", 8, UniformForTest(256, 20000)},
      {"uniform8_full", 8, UniformForTest(256, 110000)},  // fills the dictionaries
      {"biased1", 1, RenamedForTest(BiasedForTest(8, 20000), {0, 1, 0, 0, 0, 0, 0, 0})},
      {"biased4", 4, BiasedForTest(16, 20000)},
      {"biased8", 8, BiasedForTest(256, 20000)},
      {"sticky1", 1, StickyForTest(2, 20000, 200)},
      {"sticky4", 4, StickyForTest(16, 20000, 128)},
      {"sticky8", 8, StickyForTest(256, 20000, 240)},
      {"periodic1", 1, PeriodicForTest(2, 20000, 50, 20)},
      {"periodic3", 3, PeriodicForTest(8, 20000, 17, 10)},
      {"periodic8", 8, PeriodicForTest(256, 20000, 129, 0)},
      {"two_of_256", 8, RenamedForTest(UniformForTest(2, 20000), {7, 200})},
      {"three_of_256", 8, RenamedForTest(BiasedForTest(3, 20000), {5, 77, 200})},
      {"narrow8", 8, UniformForTest(16, 20000)},
      {"growing8", 8, GrowingForTest(256, 20000)},
      {"late8", 8, JoinedForTest(PeriodicForTest(4, 5000, 4, 0), UniformForTest(256, 105000))},
      {"late1", 1, JoinedForTest(std::vector<u8>(5000), UniformForTest(2, 110000))},
      {"twice8", 8, JoinedForTest(UniformForTest(256, 10000), UniformForTest(256, 10000))},
      {"one_change1", 1, one_change()},
      {"fibonacci1", 1, FibonacciForTest(20000)},
      {"shortest8", 8, UniformForTest(256, 1000)},
      {"short1", 1, UniformForTest(2, 4095)},
  };
}

}  // namespace caponier::tool::entropy
