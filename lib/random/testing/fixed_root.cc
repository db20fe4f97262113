#include "lib/random/testing/fixed_root.h"

namespace caponier::random::testing {

FixedRoot::FixedRoot(u64 seed) {
  const u64 material[4] = {seed};
  root_.Absorb(SourceId::kFirmwareSeed, BytesOf(material), entropy::kFullSeed);
}

}  // namespace caponier::random::testing
