// A seed that firmware leaves in memory at boot: /chosen/rng-seed of a device tree, or a file of fw_cfg.
//
// It is the output of the host's generator, not noise, so there is no rate to measure: either the host's generator is
// sound and every bit counts, or it is not and none does. We credit 8 bits a byte on the host's word; a host that lies about this
// could as well read our memory. A seed is short, so no start-up test of 1,024 samples can be had: the continuous tests run from the
// first byte, and stop a seed of zeros or of one repeated byte. A seed given twice to two machines cannot be noticed here.
#pragma once

#include "lib/entropy/health.h"
#include "lib/entropy/sources/handed_bytes.h"

namespace caponier::entropy {

inline constexpr SourceProfile kFirmwareSeedProfile{.id = SourceId::kFirmwareSeed,
                                                    .name = "firmware-seed",
                                                    .trust = TrustClass::kHost,
                                                    .sample_bytes = 1,
                                                    .credit = {8'000},
                                                    .condition = false};

class FirmwareSeed {
 public:
  explicit FirmwareSeed(MutableBytes seed) : bytes_(seed) {}
  const SourceProfile& profile() const { return kFirmwareSeedProfile; }
  std::optional<u64> Sample() { return bytes_.Take(); }
  void Test(u64 sample) {
    tests_.Feed(sample);
    if (status() == SourceStatus::kFailed) bytes_.Replace({});
  }
  SourceStatus status() const { return tests_.status(); }

 private:
  HandedBytes bytes_;
  HealthTests tests_{LimitsFor(kFirmwareSeedProfile.credit), 1};
};

}  // namespace caponier::entropy
