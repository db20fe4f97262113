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

// [fips180-4] 6.2.2, with the message schedule kept in sixteen words that are replaced as they are used up.
void Sha256BlocksPortable(std::span<u32, 8> state, Bytes blocks) {
  std::array<u32, 16> w;
  for (; blocks.size() >= 64; blocks = blocks.subspan(64)) {
    auto [a, b, c, d, e, f, g, h] =
        std::array<u32, 8>{state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]};
    for (size_t t = 0; t < 64; t++) {
      u32& word = w[t % 16];
      if (t < 16) {
        u32 big_endian;
        __builtin_memcpy(&big_endian, blocks.data() + 4 * t, 4);
        word = std::endian::native == std::endian::little ? __builtin_bswap32(big_endian) : big_endian;
      } else {
        word += SmallSigma1(w[(t - 2) % 16]) + w[(t - 7) % 16] + SmallSigma0(w[(t - 15) % 16]);
      }
      const u32 t1 = h + BigSigma1(e) + Choose(e, f, g) + kSha256Rounds[t] + word;
      const u32 t2 = BigSigma0(a) + Majority(a, b, c);
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  SecureWipe(WritableBytesOf(w));
}

}  // namespace caponier::crypto
