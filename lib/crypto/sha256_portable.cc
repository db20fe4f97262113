#include <array>
#include <bit>

#include "lib/crypto/sha256_blocks.h"
#include "lib/crypto/sha256_constants.h"

namespace caponier::crypto {
namespace {

constexpr u32 Choose(u32 x, u32 y, u32 z) { return (x & y) ^ (~x & z); }
constexpr u32 Majority(u32 x, u32 y, u32 z) { return (x & y) ^ (x & z) ^ (y & z); }
constexpr u32 BigSigma0(u32 x) { return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22); }
constexpr u32 BigSigma1(u32 x) { return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25); }
constexpr u32 SmallSigma0(u32 x) { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3); }
constexpr u32 SmallSigma1(u32 x) { return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10); }

}  // namespace

// [fips180-4] 6.2.2, with the message schedule kept in sixteen words that are replaced as they are used up. Eight rounds are written
// out, so that the eight working variables change their names instead of their places; no more, for a machine boots by this form, and an
// emulator translates each instruction before it runs any.
void Sha256BlocksPortable(std::span<u32, 8> state, Bytes blocks) {
  std::array<u32, 16> w;
  for (; blocks.size() >= 64; blocks = blocks.subspan(64)) {
#pragma clang loop unroll(disable) vectorize(disable)
    for (size_t t = 0; t < 16; t++) {
      u32 big_endian;
      __builtin_memcpy(&big_endian, blocks.data() + 4 * t, 4);
      w[t] = std::endian::native == std::endian::little ? __builtin_bswap32(big_endian) : big_endian;
    }
    std::array<u32, 8> v;  // a to h
    for (size_t i = 0; i < 8; i++) v[i] = state[i];
#pragma clang loop unroll(disable)
    for (size_t first = 0; first < 64; first += 8) {
#pragma clang loop unroll(full)
      for (size_t t = 0; t < 8; t++) {
        const auto at = [&v, t](size_t letter) -> u32& { return v[(letter - t) % 8]; };
        u32& word = w[(first + t) % 16];
        const u32 t1 = at(7) + BigSigma1(at(4)) + Choose(at(4), at(5), at(6)) + kSha256Rounds[first + t] + word;
        at(3) += t1;
        at(7) = t1 + BigSigma0(at(0)) + Majority(at(0), at(1), at(2));
      }
      // Both halves of the schedule, once both are used up.
      if (first % 16 == 0) continue;
#pragma clang loop unroll(disable) vectorize(disable)
      for (size_t t = 0; t < 16; t++) w[t] += SmallSigma1(w[(t + 14) % 16]) + w[(t + 9) % 16] + SmallSigma0(w[(t + 1) % 16]);
    }
    for (size_t i = 0; i < 8; i++) state[i] += v[i];
  }
  SecureWipe(WritableBytesOf(w));
}

}  // namespace caponier::crypto
