// A file and a function of its own, so that tests/boot/timing_noise.sh can count what an interrupt pays.
#include "kernel/random/interrupt.h"

#include "kernel/arch/machine.h"
#include "kernel/random/fast_clock.h"

namespace caponier::kernel::random {

constinit entropy::InterruptRing g_interrupt_ring;

// Calls nothing, so that its return address needs no second place.
[[gnu::noinline, clang::no_sanitize("shadow-call-stack")]] void NoteInterrupt() { g_interrupt_ring.Note(arch::ReadFastClock()); }

}  // namespace caponier::kernel::random
