// The scheduler's inside, for the other files of this folder.
#pragma once

#include "kernel/sched/thread.h"

namespace caponier::sched {

inline bool NeedsReschedule() { return g_cpu_front.reschedule; }
// The current thread never runs again; its memory is freed from another stack.
[[noreturn]] void SwitchAwayForever();
// Makes another address space the current process's (execve).
void ActivateMemory(mm::AddressSpace& memory);
// Before and after a device interrupt's work: threads it woke run at the next return to the program.
bool AnyReady();
void OnInterruptWakeups(bool had_ready);
// The next free thread id of the process.
i32 NewThreadId(Process& process);

}  // namespace caponier::sched
