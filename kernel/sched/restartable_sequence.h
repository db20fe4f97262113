// Restartable sequences, rseq(2): a stretch of program code that must not be left half done. When the thread lost the CPU or a
// handler is about to run, and the program counter stands inside the stretch it announced, it goes on at the abort address.
#pragma once

#include "kernel/sched/thread.h"

namespace caponier::sched {

Result<void> RegisterRestartableSequence(Thread& thread, u64 address, u32 bytes, u32 signature);
Result<void> UnregisterRestartableSequence(Thread& thread, u64 address, u32 bytes, u32 signature);
// Faulty descriptors end the program with SIGSEGV.
void AbortRestartableSequence(Thread& thread, arch::TrapFrame& frame);

}  // namespace caponier::sched
