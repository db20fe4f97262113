#include "tool/entropy/order_statistics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "tool/entropy/byte_flags.h"
#include "tool/entropy/processor.h"

// The same result on every processor: a multiplication and an addition are rounded one after the other, even where one instruction
// does both.
#pragma STDC FP_CONTRACT OFF

namespace caponier::tool::entropy {

// Blocks that cannot reach the greatest deviation so far are only added up.
CAPONIER_FOR_NEWER_PROCESSORS_TOO
double Excursion(std::span<const u8> data, double mean) {
  constexpr size_t kBlock = 64;
  const double farthest = kBlock * std::max(mean, 255 - mean) + 1;
  double most = 0;
  u64 sum = 0;
  for (size_t at = 0; at < data.size(); at += kBlock) {
    const auto block = data.subspan(at, std::min(kBlock, data.size() - at));
    if (std::fabs(static_cast<double>(sum) - static_cast<double>(at) * mean) + farthest < most) {
      u32 block_sum = 0;
      for (const u8 symbol : block) block_sum += symbol;
      sum += block_sum;
      continue;
    }
    for (size_t i = 0; i < block.size(); i++) {
      sum += block[i];
      most = std::max(most, std::fabs(static_cast<double>(sum) - static_cast<double>(at + i + 1) * mean));
    }
  }
  return most;
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Runs CountRuns(size_t size, const std::vector<u64>& values) {
  Runs out;
  u64 last = 0, run = 0;  // the last value, and how often it came in a row
  for (size_t at = 0; at < size; at += 64) {
    const auto length = static_cast<unsigned>(std::min<size_t>(64, size - at));
    const u64 inside = ~u64{0} >> (64 - length);
    const u64 word = values[at / 64] & inside;
    if (at == 0) last = ~word & 1;
    out.ones += static_cast<u64>(std::popcount(word));
    const u64 changes = (word ^ (word << 1 | last)) & inside;
    out.count += static_cast<u64>(std::popcount(changes));
    if (changes == 0) {
      run += length;
    } else {
      out.longest = std::max(out.longest, run + static_cast<u64>(std::countr_zero(changes)));
      u64 within = 1;  // steps without a change, and the one before them
      for (u64 still = ~changes & inside & ~u64{0} << std::countr_zero(changes); still != 0; still &= still << 1) within++;
      out.longest = std::max(out.longest, within);
      run = length - static_cast<u64>(63 - std::countl_zero(changes));
    }
    last = word >> (length - 1) & 1;
  }
  out.longest = std::max(out.longest, run);
  return out;
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Runs DirectionalRuns(std::span<const u8> data) {
  std::vector<u64> flags((data.size() + 62) / 64);
  for (size_t i = 0; i < flags.size(); i++) {
    flags[i] = BytesAtMost(Block64(data, 64 * i).bytes(), Block64(data, 64 * i + 1).bytes());
  }
  return CountRuns(data.size() - 1, flags);
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Runs MedianRuns(std::span<const u8> data, u8 limit) {
  std::array<u8, 64> limits;
  limits.fill(limit);
  std::vector<u64> flags((data.size() + 63) / 64);
  for (size_t i = 0; i < flags.size(); i++) flags[i] = BytesAtMost(limits.data(), Block64(data, 64 * i).bytes());
  return CountRuns(data.size(), flags);
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
u64 Periodicity(std::span<const u8> data, size_t lag) {
  u64 equal = 0;
  for (size_t at = 0; at + lag < data.size(); at += 64) {
    const size_t left = data.size() - lag - at;
    const u64 inside = left >= 64 ? ~u64{0} : ~u64{0} >> (64 - left);
    equal += static_cast<u64>(std::popcount(EqualBytes(Block64(data, at).bytes(), Block64(data, at + lag).bytes()) & inside));
  }
  return equal;
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
u64 Covariance(std::span<const u8> data, size_t lag) {
  // So many products fit into 32 bits.
  constexpr size_t kBlock = 65536;
  static_assert(u64{255} * 255 * kBlock <= 0xffffffff);
  u64 sum = 0;
  for (size_t at = 0; at + lag < data.size(); at += kBlock) {
    const size_t end = std::min(data.size() - lag, at + kBlock);
    u32 block = 0;
    for (size_t i = at; i < end; i++) block += u32{data[i]} * data[i + lag];
    sum += block;
  }
  return sum;
}

}  // namespace caponier::tool::entropy
