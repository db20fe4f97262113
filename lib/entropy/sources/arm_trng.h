// Arm's firmware interface for true random numbers [arm-trng]: a secure monitor or a hypervisor hands out up to 192 bits a call, which it
// promises to be conditioned noise. The call itself (SMC or HVC) is handed in: `call` makes it with a function's number and one
// argument, and returns registers 0 to 3.
//
// Credit is that of the other conditioned words, 32 bits a word, on the firmware's word; in a virtual machine that is the host's.
#pragma once

#include <array>
#include <concepts>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/entropy/sources/word_tests.h"

namespace caponier::entropy {

inline constexpr SourceProfile kArmTrngProfile{.id = SourceId::kArmTrng,
                                               .name = "arm-trng",
                                               .trust = TrustClass::kHost,
                                               .sample_bytes = 8,
                                               .credit = {32'000},
                                               .condition = true};

inline constexpr size_t kArmTrngWords = 3;     // a call's 192 bits
inline constexpr u32 kArmTrngTries = 1'000;    // NO_ENTROPY means: again, a little later [arm-trng] 2.4
inline constexpr u64 kArmTrngBootWords = 128;  // the start-up test; a seed takes ten of them
static_assert(kArmTrngBootWords == kWordStartup);

namespace smccc {

using Registers = std::array<u64, 4>;
template <typename Call>
concept Caller = std::same_as<std::invoke_result_t<Call&, u32, u64>, Registers>;

inline constexpr u32 kPsciVersion = 0x8400'0000, kPsciFeatures = 0x8400'000a;                               // [psci] 5.1
inline constexpr u32 kSmcccVersion = 0x8000'0000;                                                           // [smccc] 7.2
inline constexpr u32 kTrngVersion = 0x8400'0050, kTrngFeatures = 0x8400'0051, kTrngRandom64 = 0xc400'0053;  // [arm-trng] 2

// Results are signed words of 32 bits; those below zero are errors.
constexpr i32 Word(const Registers& registers) { return static_cast<i32>(static_cast<u32>(registers[0])); }

}  // namespace smccc

// Whether there is a TRNG to call. A function may be called only when one called before says that it is there: PSCI 1.0 can tell of
// SMCCC's version, SMCCC 1.1 lets unknown functions be tried [smccc] 7.1, and version 1.0 of the TRNG tells of its functions.
template <smccc::Caller Call>
constexpr bool ArmTrngIsOffered(Call call) {
  using namespace smccc;
  if (Word(call(kPsciVersion, 0)) < 0x1'0000) return false;
  if (Word(call(kPsciFeatures, kSmcccVersion)) < 0) return false;
  if (Word(call(kSmcccVersion, 0)) < 0x1'0001) return false;
  if (Word(call(kTrngVersion, 0)) < 0x1'0000) return false;
  return Word(call(kTrngFeatures, kTrngRandom64)) >= 0;
}

template <smccc::Caller Call>
class ArmTrng {
 public:
  constexpr explicit ArmTrng(Call call) : call_(call) {}
  ~ArmTrng() { SecureWipe(std::as_writable_bytes(std::span(words_))); }
  ArmTrng(const ArmTrng&) = delete;
  ArmTrng& operator=(const ArmTrng&) = delete;

  constexpr const SourceProfile& profile() const { return kArmTrngProfile; }
  constexpr std::optional<u64> Sample() {
    if (held_ == 0 && !Refill()) return {};
    const u64 word = words_[--held_];
    words_[held_] = 0;
    return word;
  }
  constexpr void Test(u64 word) { tests_.Feed(word); }
  constexpr SourceStatus status() const {
    const SourceStatus tests = tests_.status();
    return starved_ && tests != SourceStatus::kStarting && tests != SourceStatus::kFailed ? SourceStatus::kStarved : tests;
  }
  constexpr void Restart() { tests_.Restart(); }

 private:
  constexpr bool Refill() {
    constexpr i32 kNoEntropy = -3;
    for (u32 i = 0; i < kArmTrngTries; i++) {
      const smccc::Registers answer = call_(smccc::kTrngRandom64, 64 * kArmTrngWords);
      if (smccc::Word(answer) == 0) {
        words_ = {answer[1], answer[2], answer[3]};
        held_ = kArmTrngWords;
        starved_ = false;
        return true;
      }
      if (smccc::Word(answer) != kNoEntropy) break;
    }
    starved_ = true;
    return false;
  }

  Call call_;
  std::array<u64, kArmTrngWords> words_{};
  size_t held_ = 0;
  bool starved_ = false;
  WordTests tests_;
};

}  // namespace caponier::entropy
