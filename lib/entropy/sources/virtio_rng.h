// Bytes from a virtio entropy device [virtio-v1.2] 5.4. The driver hands in each buffer that the device returned.
//
// Like the firmware's seed it is the host's generator speaking, credited at 8 bits a byte on the host's word; unlike it,
// there is enough for a start-up test, so nothing is credited before 1,024 bytes have passed. The device's side is not
// trusted with more: a stuck or biased file behind it fails the tests, and a silent device is merely absent.
#pragma once

#include "lib/entropy/health.h"
#include "lib/entropy/sources/handed_bytes.h"

namespace caponier::entropy {

inline constexpr SourceProfile kVirtioRngProfile{.id = SourceId::kVirtioRng,
                                                 .name = "virtio-rng",
                                                 .trust = TrustClass::kHost,
                                                 .sample_bytes = 1,
                                                 .credit = {8'000},
                                                 .condition = false};

class VirtioRng {
 public:
  static constexpr size_t kBootBytes = kStartupSamples;  // what a driver asks for first

  constexpr VirtioRng() = default;
  // Bytes still there from an earlier buffer are dropped.
  void Offer(MutableBytes buffer) { bytes_.Replace(buffer); }

  const SourceProfile& profile() const { return kVirtioRngProfile; }
  std::optional<u64> Sample() { return bytes_.Take(); }
  void Test(u64 sample) {
    tests_.Feed(sample);
    if (status() == SourceStatus::kFailed) bytes_.Replace({});
  }
  SourceStatus status() const { return tests_.status(); }
  void Restart() { tests_.Restart(); }

 private:
  HandedBytes bytes_;
  HealthTests tests_{LimitsFor(kVirtioRngProfile.credit)};
};

}  // namespace caponier::entropy
