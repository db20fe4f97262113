// What a thread and a process remember about signals. Delivery is in signal_delivery.cc.
#pragma once

#include "kernel/sched/pending_signals.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/types.h"

namespace caponier::sched {

struct SignalAction {
  u64 handler = 0;  // 0 default, 1 ignore
  u64 flags = 0;
  u64 restorer = 0;
  SignalSet mask = 0;
};
inline constexpr u64 kHandlerDefault = 0, kHandlerIgnore = 1;

struct AlternateStack {
  u64 base = 0, bytes = 0;
  u32 flags = 2;  // SS_DISABLE
};

// What becomes of a system call that a signal cut short.
enum class Restart : u8 {
  kNone,                  // the result stands
  kRepeat,                // made again, unless a handler without SA_RESTART runs (then EINTR)
  kRepeatWithoutHandler,  // made again, unless a handler runs (then EINTR)
  kContinue,              // a sleep: goes on to its deadline, unless a handler runs (then EINTR)
};

struct ThreadSignals {
  SignalSet blocked = 0;
  SignalSet awaited = 0;  // while in rt_sigtimedwait: wake for these although blocked
  PendingSignals pending;
  AlternateStack alternate;
  SignalSet saved_mask = 0;  // to restore after sigsuspend, ppoll, pselect
  bool restore_mask = false;
  Restart restart = Restart::kNone;
  u32 tagging_control = 0;  // prctl(PR_SET_TAGGED_ADDR_CTRL), AArch64
};

struct ProcessSignals {
  SignalAction actions[kSignalCount];
  PendingSignals pending;
  WaitQueue sent;  // woken by each that is sent, to the process or to a thread: readers of signalfd(2)
  bool stopped = false;
};

}  // namespace caponier::sched
