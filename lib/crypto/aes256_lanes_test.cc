// The vector templates at the width of AVX-512, over vectors made of two narrow ones, against the portable form: on a machine without
// AVX-512 this tries all of the widest form but its intrinsics.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "lib/crypto/aes256_blocks.h"

#if defined(CAPONIER_CRYPTO_X86)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("aes,avx2,vaes"))), apply_to = function)

#include "lib/crypto/aes256_lanes256.h"

namespace caponier::crypto {
namespace {

struct LanesPair {
  struct Vector {
    __m256i low, high;
  };
  static constexpr size_t kBlocks = 4;
  using Half = Lanes256;
  static Vector Load(const std::byte* from) { return {Half::Load(from), Half::Load(from + 32)}; }
  static void Store(std::byte* to, Vector x) {
    Half::Store(to, x.low);
    Half::Store(to + 32, x.high);
  }
  static Vector Broadcast(const std::byte* key) { return {Half::Broadcast(key), Half::Broadcast(key)}; }
  static Vector Xor(Vector a, Vector b) { return {Half::Xor(a.low, b.low), Half::Xor(a.high, b.high)}; }
  static Vector Round(Vector x, Vector key) { return {Half::Round(x.low, key.low), Half::Round(x.high, key.high)}; }
  static Vector LastRound(Vector x, Vector key) { return {Half::LastRound(x.low, key.low), Half::LastRound(x.high, key.high)}; }
  static Vector Counters(Counter128 c) { return {Half::Counters(c), Half::Add(Half::Counters(c), 2)}; }
  static Vector Add(Vector x, size_t n) { return {Half::Add(x.low, n), Half::Add(x.high, n)}; }
  static Vector Swap(Vector x) { return {Half::Swap(x.low), Half::Swap(x.high)}; }
};

void CountPairs(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  CountAll<LanesPair>(schedule, counter, order, stream);
}
void EncryptPairs(const Aes256Schedule& schedule, MutableBytes blocks) { EncryptAll<LanesPair>(schedule, blocks); }

}  // namespace
}  // namespace caponier::crypto

#pragma clang attribute pop

namespace caponier::crypto {
namespace {

TEST(AesLanes, FourBlocksAVectorAgreeWithThePortableForm) {
  if (!CanRun(AesForm::kVaes256)) return;  // nor has this machine a form to try
  std::mt19937_64 random(1);
  for (size_t blocks = 0; blocks < 140; blocks++) {
    std::array<std::byte, kAesKeyBytes> key;
    for (std::byte& b : key) b = static_cast<std::byte>(random());
    const Counter128 counter{.low = random() >> 1, .high = random()};
    const Aes256 portable(key, AesForm::kPortable);
    Aes256Schedule schedule;
    Aes256ExpandAesNi(key, schedule);
    for (const CounterOrder order : {CounterOrder::kBigEndian, CounterOrder::kLittleEndian}) {
      std::vector<std::byte> expected(blocks * kAesBlockBytes), stream(blocks * kAesBlockBytes);
      portable.EncryptCounters(counter, order, expected);
      CountPairs(schedule, counter, order, stream);
      ASSERT_EQ(stream, expected) << blocks;
      portable.EncryptBlocks(expected);
      EncryptPairs(schedule, stream);
      ASSERT_EQ(stream, expected) << blocks;
    }
  }
}

}  // namespace
}  // namespace caponier::crypto
#endif
