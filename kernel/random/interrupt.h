// The moment of each interrupt, for lib/entropy's interrupt timing source.
#pragma once

#include "lib/entropy/sources/interrupt_timing.h"

namespace caponier::kernel::random {

// The ring of this CPU; with more CPUs each has one.
extern entropy::InterruptRing g_interrupt_ring;
// First thing in a port's interrupt dispatch.
void NoteInterrupt();

}  // namespace caponier::kernel::random
