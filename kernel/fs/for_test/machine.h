// A pretend machine under kernel/fs and the file calls, so that they run as an ordinary program: frames are heap pages, program
// addresses are this program's own, and sleeping runs what the test wants to happen meanwhile.
#pragma once

#include <functional>
#include <initializer_list>

#include "kernel/fs/context.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/call.h"

namespace caponier::fs::for_test {

class Machine {
 public:
  // A fresh tree from an archive: by default one without entries.
  explicit Machine(Bytes archive = {});
  ~Machine();
  Machine(const Machine&) = delete;

  Context& files() { return *process.files; }
  // Makes a system call; the result as Linux gives it.
  i64 Call(syscall::Handler handler, std::initializer_list<u64> arguments);

  sched::Process process;
  sched::Thread thread{sched::ThreadState::kRunning};
};

// Lays bytes into frames of their own, one after the other: where they begin.
PhysAddr PutArchive(Bytes archive);
// Takes the tree apart, before InitRoot makes another.
void EndTree();
// What happens when somebody sleeps: true to wake, false for a signal. Without one, sleeping is a signal.
void SetSleep(std::function<bool()> sleep);
// How many frames there are to allocate, from now on.
void LimitFrames(u64 count);
u64 FramesInUse();
u64 FramesWithTwoOwners();
// Accesses to [address, address + bytes) fail from now on; 0 for none.
void Forbid(const void* address, u64 bytes);
// From now on only [address, address + bytes) is the program's memory.
void AllowOnly(const void* address, u64 bytes);
int RaisedSignal();  // the last one raised on the program, then 0

}  // namespace caponier::fs::for_test
