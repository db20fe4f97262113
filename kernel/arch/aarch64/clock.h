#pragma once

namespace caponier::arch {

// False when the processor does not say how fast its counter runs.
bool InitClock();
void StopTimer();

}  // namespace caponier::arch
