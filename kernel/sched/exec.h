#pragma once

#include "kernel/sched/thread.h"

namespace caponier::sched {

// Ends the process's other threads and waits until they are gone.
void EndOtherThreads();
// Makes `fresh` the memory that is current, and everything the current thread and its process kept for the old program as at a
// program's start. The caller has made `fresh` the process's memory.
void ForgetProgram(mm::AddressSpace& fresh);

}  // namespace caponier::sched
