// The conditioning component: SHA-256, one of the vetted ones of [sp800-90b] 3.1.5.1.1. It takes any number of samples and gives 32
// bytes, with credit by the standard's own account of what a hash of n bits can hold.
#pragma once

#include "lib/crypto/sha256.h"
#include "lib/entropy/credit.h"

namespace caponier::entropy {

inline constexpr size_t kConditionedBytes = crypto::kSha256Bytes;

// [sp800-90b] 3.1.5.1.2 with n_out = nw = 256 and longer input: h_out = -log2(2^-h_in + 2^-256 + ...), so below 256 bits it loses less
// than one bit when h_in <= 255 and exactly one at 256, and full entropy takes 64 bits more than the output holds [sp800-90c]. Rounded
// down.
constexpr EntropyBits ConditionedCredit(EntropyBits input) {
  if (input.value == 0) return {0};
  if (input.value >= 8 * kConditionedBytes + 64) return {8 * kConditionedBytes};
  return {input.value <= 8 * kConditionedBytes ? input.value - 1 : 8 * kConditionedBytes - 1};
}
static_assert(ConditionedCredit({320}).value == 256 && ConditionedCredit({319}).value == 255 &&
              ConditionedCredit({1}).value == 0);

class Conditioner {
 public:
  void Absorb(Bytes sample, EntropyRate rate) {
    hash_.Absorb(sample);
    samples_++;
    rate_ = rate;
  }
  u64 samples() const { return samples_; }
  // True when another sample would add nothing to the output.
  bool full() const { return rate_.Of(samples_).value >= 8 * kConditionedBytes + 64; }
  // Writes the output, starts anew, and returns what the output may be credited with.
  EntropyBits Finish(std::span<std::byte, kConditionedBytes> output) {
    const EntropyBits credit = ConditionedCredit(rate_.Of(samples_));
    hash_.Finish(output);
    samples_ = 0;
    return credit;
  }

 private:
  crypto::Sha256 hash_;
  u64 samples_ = 0;
  EntropyRate rate_;
};

}  // namespace caponier::entropy
