// Samples of a source as its users take them: drawn, then tested.
#pragma once

#include "lib/entropy/source.h"

namespace caponier::entropy::testing {

// Draws until the source has failed, run dry or given `count` words; returns how many it gave.
template <typename Source>
u64 DrawUpTo(Source& source, u64 count) {
  for (u64 i = 0; i < count; i++) {
    const auto word = source.Sample();
    if (!word) return i;
    source.Test(*word);
    if (source.status() == SourceStatus::kFailed) return i + 1;
  }
  return count;
}

}  // namespace caponier::entropy::testing
