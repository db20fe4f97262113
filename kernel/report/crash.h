// What is said when something broke: in the program (a crash report, the machine goes on to its end), or in the kernel (a panic).
// Addresses appear as module or region and offset, never as they are.
#pragma once

#include <span>

#include "kernel/arch/machine.h"
#include "kernel/mm/address_space.h"
#include "kernel/sched/signal_state.h"

namespace caponier::report {

// Keeps the last fault of the program, so that the crash report can say its cause in words.
void RememberFault(const arch::Fault& fault, mm::AddressSpace::FaultOutcome outcome);
void ProgramCrashed(const arch::TrapFrame& frame, const sched::SignalInfo& info);
void SayOutOfMemory();
// The kernel found itself broken: one line, a backtrace, the end. `block` is what of the heap it is about, with its tag, if anything.
[[noreturn]] void Panic(std::string_view why, u64 block = 0);

// The return addresses on the kernel's stack from the frame at `fp` on; how many there are.
size_t CallsFrom(u64 fp, std::span<u64> calls);
// Of an address in the kernel's code; 0 for others.
u32 OffsetInImage(u64 address);

}  // namespace caponier::report
