#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "guest/tour/stops.h"

namespace caponier::tour {
namespace {

constexpr size_t kDrawBytes = 16;

struct Hex {
  char text[2 * kDrawBytes + 1];
};
Hex HexOf(const unsigned char* bytes) {
  Hex hex;
  for (size_t i = 0; i < kDrawBytes; i++) snprintf(hex.text + 2 * i, 3, "%02x", bytes[i]);
  return hex;
}

bool Draw(void* bytes, size_t count) {
  size_t drawn = 0;
  while (drawn < count) {
    const ssize_t got = getrandom(static_cast<char*>(bytes) + drawn, count - drawn, 0);
    if (got <= 0) return false;
    drawn += static_cast<size_t>(got);
  }
  return true;
}

int Compare(const void* a, const void* b) {
  const uint64_t x = *static_cast<const uint64_t*>(a), y = *static_cast<const uint64_t*>(b);
  return x < y ? -1 : x > y;
}

}  // namespace

void ShowRandomness(Table& table) {
  table.Section("Randomness");

  unsigned char first[kDrawBytes] = {}, second[kDrawBytes] = {};
  const bool drawn = Draw(first, sizeof first) && Draw(second, sizeof second);
  table.Row(HoldsIf(drawn && memcmp(first, second, sizeof first) != 0), "two draws differ", "%s %s", HexOf(first).text,
            HexOf(second).text);

  // 2^14 draws of 64 bits: two alike by chance once in 2^37 tours.
  constexpr size_t kDraws = size_t{1} << 14;
  static uint64_t draws[kDraws];
  bool filled = Draw(draws, sizeof draws);
  uint64_t ones = 0;
  for (const uint64_t draw : draws) ones += static_cast<uint64_t>(__builtin_popcountll(draw));
  qsort(draws, kDraws, sizeof draws[0], Compare);
  size_t repeats = 0;
  for (size_t i = 1; i < kDraws; i++) repeats += draws[i] == draws[i - 1];
  table.Row(HoldsIf(filled && repeats == 0), "no draw comes twice", "%zu draws of 8 bytes, %zu repeated", kDraws, repeats);

  // 2^20 bits: a share of ones off by 0.3 points is over six standard deviations, once in 10^9 tours.
  const double share = 100.0 * static_cast<double>(ones) / (64.0 * kDraws);
  table.Row(HoldsIf(filled && share > 49.7 && share < 50.3), "ones and zeroes balance",
            "%.2f %% ones in 128 KiB (this alone proves little)", share);

  const auto* given = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM));
  unsigned char again[kDrawBytes] = {};
  const bool own = given != nullptr && Draw(again, sizeof again) && memcmp(given, again, sizeof again) != 0 &&
                   memcmp(given, first, sizeof first) != 0;
  bool varied = false;
  for (size_t i = 1; own && i < kDrawBytes; i++) varied |= given[i] != given[0];
  table.Row(HoldsIf(varied), "the loader's 16 bytes are fresh",
            own ? "AT_RANDOM equals neither draw" : "AT_RANDOM is absent or repeats a draw");
}

}  // namespace caponier::tour
