// The launcher's seed file (`--seed-file`): what it held is mixed in before anything of the program's is drawn, and when the program ends
// the machine draws what it will hold for the next run.
#pragma once

#include "lib/base/bytes.h"

namespace caponier::kernel::random {

// `seed` is hexadecimal text, empty when there is none yet; it is erased where it lies. Never credited.
void TakeLauncherSeed(MutableBytes seed);
// Draws the next contents and sends them to the launcher, if it has a seed file.
void SendNextSeed();
void WantSeedFile(bool wanted);

}  // namespace caponier::kernel::random
