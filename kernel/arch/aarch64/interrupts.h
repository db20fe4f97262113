#pragma once

namespace caponier::arch {

// Serves every interrupt that is pending: the timer's, then devices'.
void DispatchInterrupts();

}  // namespace caponier::arch
