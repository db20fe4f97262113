// The root's account as part of a machine's report.
#pragma once

#include "lib/base/format.h"
#include "lib/random/root.h"

namespace caponier::random {

// One JSON object: {"seeded":true,"credited_bits":N,"reseeds":N,"hedge_reseeds":N,"sources":[{"name":"cpu-random","trust":"cpu-vendor","status":"healthy",
// "credited_bits":N,"samples":N,"failures":N},...]}. Status is absent, starting, healthy, starved or failed.
void WriteAccount(const Root& root, TextSink& sink);

}  // namespace caponier::random
