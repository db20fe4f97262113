// AES-256 over vectors that hold one block, two or four, as templates over the vector. A file of the x86 family includes this inside
// `#pragma clang attribute push(__attribute__((target("..."))), apply_to = function)`, so that the code may use the instructions that the
// form needs and no other function of the program gets them: compiling whole files with -mavx2 would let the linker pick such
// a file's copy of some shared inline function for everybody. For the same reason all of it is in an unnamed namespace.
//
// `Lanes` has: Vector, kBlocks (in a vector), and Broadcast(round key), Xor, Round, LastRound, Load, Store, Counters(counter) with lane i
// holding counter + i, Add(vector, n) that adds n to the low half of each counter, Swap that reverses the bytes of each block.
//
// Eight vectors are in flight: on current cores a round takes 3 to 5 cycles and one or two start in each, and eight leave room in
// sixteen registers for a round key and the counter. A kernel, which draws little at a time, has half the code with four.
#pragma once

#include "lib/crypto/aes256_blocks.h"

namespace caponier::crypto {
namespace {

template <typename Lanes, size_t kVectors>
[[gnu::always_inline]] inline void EncryptVectors(const std::byte* keys, typename Lanes::Vector (&x)[kVectors]) {
  const auto first = Lanes::Broadcast(keys);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) x[i] = Lanes::Xor(x[i], first);
#pragma clang loop unroll(full)
  for (size_t round = 1; round < kAesRounds; round++) {
    const auto key = Lanes::Broadcast(keys + round * kAesBlockBytes);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < kVectors; i++) x[i] = Lanes::Round(x[i], key);
  }
  const auto last = Lanes::Broadcast(keys + kAesRounds * kAesBlockBytes);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) x[i] = Lanes::LastRound(x[i], last);
}

template <typename Lanes, size_t kVectors>
[[gnu::always_inline]] inline void EncryptGroup(const std::byte* keys, std::byte* blocks) {
  typename Lanes::Vector x[kVectors];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) x[i] = Lanes::Load(blocks + i * sizeof(x[0]));
  EncryptVectors<Lanes>(keys, x);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) Lanes::Store(blocks + i * sizeof(x[0]), x[i]);
}

template <typename Lanes, size_t kVectors, CounterOrder kOrder>
[[gnu::always_inline]] inline typename Lanes::Vector CounterGroup(const std::byte* keys, typename Lanes::Vector counters,
                                                                  std::byte* stream) {
  typename Lanes::Vector x[kVectors];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) {
    const auto mine = Lanes::Add(counters, i * Lanes::kBlocks);
    x[i] = kOrder == CounterOrder::kBigEndian ? Lanes::Swap(mine) : mine;
  }
  EncryptVectors<Lanes>(keys, x);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) Lanes::Store(stream + i * sizeof(x[0]), x[i]);
  return Lanes::Add(counters, kVectors * Lanes::kBlocks);
}

#if defined(CAPONIER_FREESTANDING)
inline constexpr size_t kInFlight = 4;
#else
inline constexpr size_t kInFlight = 8;
#endif

template <typename Lanes>
void EncryptAll(const Aes256Schedule& schedule, MutableBytes blocks) {
  const auto* keys = reinterpret_cast<const std::byte*>(schedule.data());
  constexpr size_t kVectorBytes = sizeof(typename Lanes::Vector), kGroupBytes = kInFlight * kVectorBytes;
  std::byte* at = blocks.data();
  size_t left = blocks.size();
  for (; left >= kGroupBytes; at += kGroupBytes, left -= kGroupBytes) EncryptGroup<Lanes, kInFlight>(keys, at);
  for (; left >= kVectorBytes; at += kVectorBytes, left -= kVectorBytes) EncryptGroup<Lanes, 1>(keys, at);
  if (left == 0) return;
  alignas(64) std::byte rest[kVectorBytes] = {};
  __builtin_memcpy(rest, at, left);
  EncryptGroup<Lanes, 1>(keys, rest);
  __builtin_memcpy(at, rest, left);
  SecureWipe(rest);
}

template <typename Lanes, CounterOrder kOrder>
void CountAllIn(const Aes256Schedule& schedule, Counter128 counter, MutableBytes stream) {
  const auto* keys = reinterpret_cast<const std::byte*>(schedule.data());
  constexpr size_t kVectorBytes = sizeof(typename Lanes::Vector), kGroupBytes = kInFlight * kVectorBytes;
  auto counters = Lanes::Counters(counter);
  std::byte* at = stream.data();
  size_t left = stream.size();
  for (; left >= kGroupBytes; at += kGroupBytes, left -= kGroupBytes)
    counters = CounterGroup<Lanes, kInFlight, kOrder>(keys, counters, at);
  for (; left >= kVectorBytes; at += kVectorBytes, left -= kVectorBytes)
    counters = CounterGroup<Lanes, 1, kOrder>(keys, counters, at);
  if (left == 0) return;
  alignas(64) std::byte rest[kVectorBytes];
  CounterGroup<Lanes, 1, kOrder>(keys, counters, rest);
  __builtin_memcpy(at, rest, left);
  SecureWipe(rest);
}

template <typename Lanes>
void CountAll(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  if (order == CounterOrder::kBigEndian) {
    CountAllIn<Lanes, CounterOrder::kBigEndian>(schedule, counter, stream);
  } else {
    CountAllIn<Lanes, CounterOrder::kLittleEndian>(schedule, counter, stream);
  }
}

}  // namespace
}  // namespace caponier::crypto
