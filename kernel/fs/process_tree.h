// The tree at /proc: what programs read about themselves and the machine. Texts follow Linux's formats [proc(5)].
//
// A program sees its own addresses here, as on Linux: they are its own already. Nothing of the kernel's appears.
#pragma once

#include "kernel/fs/inode.h"
#include "lib/base/format.h"

namespace caponier::sched {
struct Process;
struct Thread;
}  // namespace caponier::sched

namespace caponier::fs {

Result<Ref<Directory>> MakeProcessTree();

// /proc/PID and /proc/PID/task/TID.
Result<Ref<Directory>> MakeProcessDirectory(Ref<Directory> parent, i32 pid);
// The files about the machine that lie in /proc itself, and /proc/sys.
Result<void> AddMachineTexts(const Ref<Directory>& root);
// The files of text in /proc/PID (`whole`) and in a thread's directory.
Result<void> AddProcessTexts(Directory& directory, i32 id, bool whole);

// Null when there is none (any more).
sched::Process* FindProcess(i32 pid);
sched::Thread* FindThread(i32 tid);

Result<void> WriteMaps(TextSink& sink, const sched::Process& process);
Result<void> WriteMounts(TextSink& sink, u64 subject);
Result<void> WriteMountInfo(TextSink& sink, u64 subject);

}  // namespace caponier::fs
