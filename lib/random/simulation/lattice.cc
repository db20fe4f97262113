#include "lib/random/simulation/lattice.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "lib/random/harvest.h"
#include "lib/random/stream.h"

namespace caponier::random::simulation {
namespace {

using entropy::HealthTests;
using entropy::kSourceCount;
using entropy::LimitsFor;
using entropy::ProfileOf;
using entropy::SourceProfile;
using Noise = std::vector<u8>;
using Draw = std::array<std::byte, 32>;

// A source as its profile describes it: noise that is handed in, and the health tests on each byte of a sample.
class ProfiledSource {
 public:
  ProfiledSource(const SourceProfile& profile, const Noise& noise) : profile_(profile), noise_(noise) {
    const bool full = profile.credit.millibits_per_sample == 8'000 * profile.sample_bytes;
    const u32 startup = static_cast<u32>(entropy::kStartupSamples / profile.sample_bytes);
    for (size_t i = 0; i < profile.sample_bytes; i++) {
      lanes_.push_back(full ? HealthTests(LimitsFor({8'000}), startup) : HealthTests(LimitsFor({4'000}), startup));
    }
  }
  const SourceProfile& profile() const { return profile_; }
  std::optional<u64> Sample() {
    if (noise_.size() - used_ < profile_.sample_bytes) return {};
    u64 sample = 0;
    __builtin_memcpy(&sample, &noise_[used_], profile_.sample_bytes);
    used_ += profile_.sample_bytes;
    return sample;
  }
  void Test(u64 sample) {
    for (size_t i = 0; i < lanes_.size(); i++) lanes_[i].Feed(sample >> 8 * i & 0xff);
  }
  SourceStatus status() const {
    for (const HealthTests& lane : lanes_) {
      if (lane.status() == SourceStatus::kFailed) return SourceStatus::kFailed;
    }
    return lanes_[0].status();
  }

 private:
  const SourceProfile& profile_;
  const Noise& noise_;
  size_t used_ = 0;
  std::vector<HealthTests> lanes_;
};

bool EarnsCredit(const SourceProfile& profile) { return profile.credit.millibits_per_sample != 0; }

// Bytes enough for the start-up test and for a seed from this source alone; an event of what earns no credit.
size_t NoiseBytes(const SourceProfile& profile) {
  if (!EarnsCredit(profile)) return fortuna::kMaxEventBytes;
  const u32 rate = profile.credit.millibits_per_sample;
  return std::max<size_t>(entropy::kStartupSamples, (320'000 + rate - 1) / rate * profile.sample_bytes);
}
Noise Random(const SourceProfile& profile, u64 seed) {
  std::mt19937_64 random(seed * 1'000 + static_cast<u64>(profile.id));
  Noise noise(NoiseBytes(profile));
  for (u8& byte : noise) byte = static_cast<u8>(random());
  return noise;
}

using Inputs = std::vector<Noise>;  // of each source, by number

void XorInto(Noise& noise, const Noise& other) {
  for (size_t i = 0; i < noise.size(); i++) noise[i] ^= other[i % other.size()];
}

// The noise of a boot. `choice` is which of its own inputs the adversary takes.
Inputs MakeInputs(u32 honest, Hostility hostility, u64 boot, u64 choice) {
  constexpr u64 kFirstBoot = 1'000;  // honest noise is fresh at every boot, and never what an adversary has
  Inputs inputs(kSourceCount);
  for (size_t i = 0; i < kSourceCount; i++) {
    const SourceProfile& profile = ProfileOf(static_cast<SourceId>(i));
    if (honest >> i & 1) inputs[i] = Random(profile, kFirstBoot + boot);
    else if (hostility == Hostility::kConstant) inputs[i].assign(NoiseBytes(profile), 0x55);
    else inputs[i] = Random(profile, choice);
  }
  if (hostility == Hostility::kCancelling) {
    const u32 hostile = ~honest & ((u32{1} << kSourceCount) - 1);
    for (size_t i = 0; hostile != 0 && i < kSourceCount; i++) {
      if (honest >> i & 1) XorInto(inputs[static_cast<size_t>(__builtin_ctz(hostile))], inputs[i]);
    }
  }
  return inputs;
}

std::optional<Draw> Boot(const Inputs& inputs) {
  Root root;
  for (size_t i = 0; i < kSourceCount; i++) {
    const SourceProfile& profile = ProfileOf(static_cast<SourceId>(i));
    if (EarnsCredit(profile)) {
      ProfiledSource source(profile, inputs[i]);
      Harvest(root, source, ~u64{0});
    } else {
      root.Absorb(profile.id, std::as_bytes(std::span(inputs[i])));
    }
  }
  const auto proof = root.Proof();
  if (!proof.ok()) return {};
  Draw draw;
  Stream::Open(root, proof.value(), "lattice").Fill(draw);
  return draw;
}
bool IsSteered(const Draw& draw) { return static_cast<u8>(draw[0]) < 64; }

std::optional<Draw> BootAgainst(u32 honest, Hostility hostility, u64 boot) {
  std::optional<Draw> draw = Boot(MakeInputs(honest, hostility, boot, 0));
  if (hostility != Hostility::kChosen || honest + 1 == u32{1} << kSourceCount) return draw;
  for (u64 choice = 1; choice < 32 && draw.has_value() && !IsSteered(*draw); choice++) {
    draw = Boot(MakeInputs(honest, hostility, boot, choice));
  }
  return draw;
}

}  // namespace

LatticeOutcome TryLattice(u32 honest, Hostility hostility, u64 boots) {
  LatticeOutcome outcome{.boots = boots};
  std::set<Draw> draws;
  std::set<Noise> sums;
  for (u64 boot = 0; boot < boots; boot++) {
    const Inputs inputs = MakeInputs(honest, hostility, boot, 0);
    Noise sum(fortuna::kMaxEventBytes);
    for (const Noise& input : inputs) XorInto(sum, input);
    sums.insert(sum);
    const std::optional<Draw> draw = BootAgainst(honest, hostility, boot);
    if (!draw.has_value()) {
      outcome.refused++;
      continue;
    }
    draws.insert(*draw);
    outcome.steered += IsSteered(*draw);
  }
  outcome.distinct = draws.size();
  outcome.xor_distinct = sums.size();
  return outcome;
}

bool HasCredited(u32 honest) {
  for (size_t i = 0; i < kSourceCount; i++) {
    if (honest >> i & 1 && EarnsCredit(ProfileOf(static_cast<SourceId>(i)))) return true;
  }
  return false;
}

}  // namespace caponier::random::simulation
