// What a thread and a process remember about signals. Delivery is in signal.cc.
#pragma once

#include "kernel/sched/wait_queue.h"
#include "lib/base/types.h"

namespace caponier::sched {

inline constexpr int kSignalCount = 64;  // 1 to 64
using SignalSet = u64;                   // bit n-1 for signal n
constexpr SignalSet SignalBit(int signal) { return u64{1} << (signal - 1); }

// The parts of siginfo_t that travel with a pending signal.
struct SignalInfo {
  int signal = 0;
  i32 code = 0;
  i32 error = 0;
  i32 pid = 0;
  u32 uid = 0;
  u64 address = 0;  // si_addr, for faults
  u64 value = 0;    // si_value
  i32 timer_overrun = 0;
};

struct SignalAction {
  u64 handler = 0;  // 0 default, 1 ignore
  u64 flags = 0;
  u64 restorer = 0;
  SignalSet mask = 0;
};

struct AlternateStack {
  u64 base = 0, bytes = 0;
  u32 flags = 0;
};

struct ThreadSignals {
  SignalSet blocked = 0;
  SignalSet pending = 0;
  SignalInfo info[kSignalCount];  // of the pending ones: one each, as for Linux's standard signals
  AlternateStack alternate;
  SignalSet saved_mask = 0;  // to restore after sigsuspend, ppoll, pselect
  bool restore_mask = false;
  u32 tagging_control = 0;   // prctl(PR_SET_TAGGED_ADDR_CTRL), AArch64
};

struct ProcessSignals {
  SignalAction actions[kSignalCount];
  SignalSet pending = 0;
  SignalInfo info[kSignalCount];
  WaitQueue arrived;  // rt_sigtimedwait, sigsuspend
};

}  // namespace caponier::sched
