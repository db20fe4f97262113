// Noise that is good, and then breaks in a known way: for tests, and for the simulation of how soon each health test notices. On the host only.
#pragma once

#include <array>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

#include "lib/base/types.h"

namespace caponier::entropy::testing {

enum class Fault : u8 {
  kNone,
  kStuck,       // one value for ever
  kBiased,      // one value so often that half of the entropy is left
  kFading,      // that value ever more often: all good at first, none after 20,000 samples
  kDrifting,    // a quarter of the noise, around a value that climbs by one every ten samples
  kCounting,    // no noise: each value one more than the last
  kPeriodic,    // the last 100 samples again and again
  kPlayedBack,  // the last 20,000 samples again and again
};
inline constexpr std::array kFaults{Fault::kNone,     Fault::kStuck,    Fault::kBiased,   Fault::kFading,
                                    Fault::kDrifting, Fault::kCounting, Fault::kPeriodic, Fault::kPlayedBack};

constexpr std::string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kNone: return "good";
    case Fault::kStuck: return "stuck";
    case Fault::kBiased: return "biased";
    case Fault::kFading: return "fading";
    case Fault::kDrifting: return "drifting";
    case Fault::kCounting: return "counting";
    case Fault::kPeriodic: return "period of 100";
    case Fault::kPlayedBack: return "period of 20,000";
  }
  __builtin_unreachable();
}

class Noise {
 public:
  // Good noise has exactly `bits` of min-entropy a sample: uniform, or below one bit, one value that is more frequent than the other.
  Noise(double bits, u64 seed) : bits_(bits), random_(seed) {}

  u64 Next() {
    const u64 sample = fault_ == Fault::kNone ? Good(bits_) : Broken();
    since_++;
    history_.push_back(sample);
    return sample;
  }
  void Break(Fault fault) {
    fault_ = fault;
    since_ = 0;
  }
  void Recover() { Break(Fault::kNone); }

 private:
  double Chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  u64 Good(double bits) {
    if (bits < 1) return Chance() >= std::exp2(-bits) ? 1 : 0;
    return random_() % static_cast<u64>(std::lround(std::exp2(bits)));
  }
  u64 Again(size_t period) const { return history_[history_.size() - period]; }
  u64 Broken() {
    switch (fault_) {
      case Fault::kNone: break;
      case Fault::kStuck: return 1;
      case Fault::kBiased: return Chance() < std::exp2(-bits_ / 2) ? 0 : Good(bits_);
      case Fault::kFading: return Chance() * 20'000 < static_cast<double>(since_) ? 0 : Good(bits_);
      case Fault::kDrifting: return since_ / 10 + Good(bits_ / 4);
      case Fault::kCounting: return since_ % 256;
      case Fault::kPeriodic: return Again(100);
      case Fault::kPlayedBack: return Again(20'000);
    }
    return Good(bits_);
  }

  double bits_;
  std::mt19937_64 random_;
  Fault fault_ = Fault::kNone;
  u64 since_ = 0;
  std::vector<u64> history_;
};

}  // namespace caponier::entropy::testing
