// What a run reports of itself when it ends, and how it ends before the program began.
#pragma once

#include <string_view>

#include "lib/base/types.h"
#include "lib/link/protocol.h"

namespace caponier::report {

// Moments of the start, in CycleCounter() units; stage 1 keeps its own in BootInfo. Between link_asked and link_open the machine waits
// for the emulator.
struct Phases {
  u64 kernel_entry = 0, link_asked = 0, link_open = 0, kernel_ready = 0, program_entry = 0;
};
Phases& RunPhases();
void WantReport(bool wanted);

// The program was not started: one line for the user, the exit record, power off.
[[noreturn]] void Refuse(link::ExitCause cause, std::string_view why);

}  // namespace caponier::report
