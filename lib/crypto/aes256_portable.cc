// Bitsliced AES-256: four blocks at a time, as eight planes of 64 bits. Plane i holds bit i of all 64 bytes; byte (row, column) of
// block b stands at bit 16 * row + 4 * column + b. So SubBytes is a circuit over whole planes, ShiftRows a rotation inside each 16-bit
// lane, and MixColumns rotations of the whole plane by 16 and 32 bits: every step costs the same whatever the bytes are.
#include <algorithm>
#include <bit>

#include "lib/crypto/aes256_blocks.h"
#include "lib/crypto/aes_sbox.h"

namespace caponier::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "loads and stores of columns rely on it");

using Planes = u64[8];
constexpr size_t kBatchBlocks = 4;
constexpr size_t kBatchBytes = kBatchBlocks * kAesBlockBytes;

// Bytes 0 to 3 of a column to bytes 0, 2, 4 and 6, and back.
constexpr u64 Spread(u32 column) {
  u64 x = column;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  return (x | x << 8) & 0x00ff00ff00ff00ff;
}
constexpr u32 Gather(u64 x) {
  x &= 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  return static_cast<u32>(x | x >> 16);
}

// Exchanges bit i of word j with bit j of word i, in each of the eight byte lanes. Its own inverse.
void Transpose(Planes& q) {
  const auto exchange = [&q](size_t low, size_t high, unsigned shift, u64 mask) {
    const u64 difference = ((q[low] >> shift) ^ q[high]) & mask;
    q[high] ^= difference;
    q[low] ^= difference << shift;
  };
  for (size_t i = 0; i < 8; i += 2) exchange(i, i + 1, 1, 0x5555555555555555);
  for (size_t i : {0, 1, 4, 5}) exchange(i, i + 2, 2, 0x3333333333333333);
  for (size_t i = 0; i < 4; i++) exchange(i, i + 4, 4, 0x0f0f0f0f0f0f0f0f);
}

// Word (block + 4 * parity) takes columns `parity` and `parity + 2` of that block, their bytes interleaved; the transposition then puts
// byte (row, column) where the essay above says.
void Load(Bytes bytes, Planes& q) {
  u32 columns[4 * kBatchBlocks];
  __builtin_memcpy(columns, bytes.data(), kBatchBytes);
  for (size_t block = 0; block < kBatchBlocks; block++) {
    const u32* c = columns + 4 * block;
    q[block] = Spread(c[0]) | Spread(c[2]) << 8;
    q[block + 4] = Spread(c[1]) | Spread(c[3]) << 8;
  }
  Transpose(q);
}

void Store(Planes& q, MutableBytes bytes) {
  Transpose(q);
  u32 columns[4 * kBatchBlocks];
  for (size_t block = 0; block < kBatchBlocks; block++) {
    u32* c = columns + 4 * block;
    c[0] = Gather(q[block]);
    c[1] = Gather(q[block + 4]);
    c[2] = Gather(q[block] >> 8);
    c[3] = Gather(q[block + 4] >> 8);
  }
  __builtin_memcpy(bytes.data(), columns, kBatchBytes);
}

// Row r moves left by r columns [fips197] 5.1.2: lane r rotates right by 4 * r bits.
constexpr u64 ShiftRows(u64 x) {
  return (x & 0x000000000000ffff) |                                        //
         (x >> 4 & 0x000000000fff0000) | (x << 12 & 0x00000000f0000000) |  //
         (x >> 8 & 0x000000ff00000000) | (x << 8 & 0x0000ff0000000000) |   //
         (x >> 12 & 0x000f000000000000) | (x << 4 & 0xfff0000000000000);
}

// [fips197] 5.1.3: with a, b, c, d a column from this row downwards, the new byte is 2(a + b) + b + (c + d).
void MixColumns(Planes& q) {
  Planes below, sum;
  for (size_t i = 0; i < 8; i++) {
    below[i] = std::rotr(q[i], 16);
    sum[i] = q[i] ^ below[i];
  }
  for (size_t i = 0; i < 8; i++) {
    u64 doubled = i == 0 ? 0 : sum[i - 1];
    if (i == 0 || i == 1 || i == 3 || i == 4) doubled ^= sum[7];  // x^8 = x^4 + x^3 + x + 1
    q[i] = doubled ^ below[i] ^ std::rotr(sum[i], 32);
  }
}

void AddRoundKey(Planes& q, const std::array<u64, 8>& key) {
  for (size_t i = 0; i < 8; i++) q[i] ^= key[i];
}

void EncryptBatch(const Aes256Schedule& schedule, Planes& q) {
  AddRoundKey(q, schedule[0]);
  for (size_t round = 1; round <= kAesRounds; round++) {
    SubBytes(q);
    for (u64& plane : q) plane = ShiftRows(plane);
    if (round != kAesRounds) MixColumns(q);
    AddRoundKey(q, schedule[round]);
  }
}

// SubWord [fips197] 5.2: the circuit again, with the four bytes' bits left where they are, one in eight.
u32 SubWord(u32 word) {
  u32 planes[8];
  for (unsigned i = 0; i < 8; i++) planes[i] = word >> i & 0x01010101;
  SubBytes(planes);
  u32 result = 0;
  for (unsigned i = 0; i < 8; i++) result |= (planes[i] & 0x01010101) << i;
  return result;
}

}  // namespace

void Aes256ExpandPortable(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule) {
  u32 w[4 * (kAesRounds + 1)];
  __builtin_memcpy(w, key.data(), kAesKeyBytes);
  u32 round_constant = 1;  // doubles every eight words and never reaches 0x80, so it needs no reduction
  for (size_t i = 8; i < std::size(w); i++) {
    u32 word = w[i - 1];
    if (i % 8 == 0) {
      word = SubWord(std::rotr(word, 8)) ^ round_constant;  // RotWord on a little-endian word
      round_constant <<= 1;
    } else if (i % 8 == 4) {
      word = SubWord(word);
    }
    w[i] = w[i - 8] ^ word;
  }
  std::byte batch[kBatchBytes];
  for (size_t round = 0; round <= kAesRounds; round++) {
    for (size_t block = 0; block < kBatchBlocks; block++)
      __builtin_memcpy(batch + kAesBlockBytes * block, w + 4 * round, kAesBlockBytes);
    Planes planes;
    Load(batch, planes);
    std::copy_n(planes, 8, schedule[round].begin());
  }
  SecureWipe(WritableBytesOf(w));
  SecureWipe(batch);
}

void Aes256BlocksPortable(const Aes256Schedule& schedule, MutableBytes blocks) {
  Planes planes;
  for (; blocks.size() >= kBatchBytes; blocks = blocks.subspan(kBatchBytes)) {
    Load(blocks, planes);
    EncryptBatch(schedule, planes);
    Store(planes, blocks);
  }
  if (!blocks.empty()) {
    std::byte batch[kBatchBytes] = {};
    __builtin_memcpy(batch, blocks.data(), blocks.size());
    Load(batch, planes);
    EncryptBatch(schedule, planes);
    Store(planes, batch);
    __builtin_memcpy(blocks.data(), batch, blocks.size());
    SecureWipe(batch);
  }
  SecureWipe(WritableBytesOf(planes));
}

}  // namespace caponier::crypto
