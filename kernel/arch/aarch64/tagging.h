// MTE inside the port: set-up, the per-thread mode, and the latched asynchronous fault.
#pragma once

#include "kernel/arch/machine.h"

namespace caponier::arch {

// Once.
void InitTagging();
// Makes `control` (Linux's prctl bits, checked) the mode of the program from now on.
void ApplyTaggedAddressControl(u64 control);

// Which of the program's accesses latch a mismatch instead of faulting, in the running thread's mode.
struct TagLatching {
  bool loads = false, stores = false;
};
extern TagLatching g_tag_latching;
bool TakeLatchedTagFault();
void DropLatchedTagFault();
// True once for each asynchronous tag fault of the program.
inline bool AsyncTagFaultPending() { return g_tag_latching.stores && TakeLatchedTagFault(); }

// Around the kernel's accesses to program memory, in a mode in which theirs latch a mismatch: it is dropped, as Linux does not check them,
// since it would be charged to the program long after the call. What the program itself left was taken at the entry. (Where a mismatch
// faults, the call fails.)
class DropLatched {
 public:
  explicit DropLatched(bool wanted) : wanted_(wanted) {}
  ~DropLatched() {
    if (wanted_) DropLatchedTagFault();
  }
  DropLatched(const DropLatched&) = delete;
  DropLatched& operator=(const DropLatched&) = delete;

 private:
  bool wanted_;
};

}  // namespace caponier::arch
