// One system call in progress. Handlers are named after the call (SysOpenat for openat), live in one file per family, check their
// arguments first, and return Linux's result or an Error; errno values appear only in dispatch.cc.
//
// The families' lists (files.def, ipc.def, memory.def, threads.def, signals.def, time.def, system.def) name what is implemented:
//     CAPONIER_SYSCALL(openat, SysOpenat)
// A name that one architecture's table lacks is left out there. `caponier check` reads the same lists.
#pragma once

#include "kernel/arch/machine.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/thread.h"
#include "lib/base/result.h"

namespace caponier::syscall {

struct Call {
  arch::TrapFrame& frame;
  sched::Thread& thread;
  u64 arguments[6];
  // Set by a handler that was interrupted before it did anything: with SA_RESTART the program makes the call again.
  // Without this the call is made again only when no handler ran after all.
  bool restartable = false;

  sched::Process& process() { return *thread.process; }
  u64 operator[](int index) const { return arguments[index]; }
  // Of mappings that are there: without a tag. Where new ones are to be (mmap, brk, mremap's other address) one is refused, as on Linux.
  u64 Address(int index) const { return mm::WithoutTopByte(arguments[index]); }
  int Int(int index) const { return static_cast<int>(arguments[index]); }  // C's int arguments: upper half ignored
  u32 Unsigned(int index) const { return static_cast<u32>(arguments[index]); }
};

using Handler = Result<i64> (*)(Call&);

}  // namespace caponier::syscall
