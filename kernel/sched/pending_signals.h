// Signals that were sent and not yet delivered: the standard ones once each, the real-time ones queued in order [signal(7)].
// Picking and queueing are free of any machine, so the host tests them.
#pragma once

#include "lib/base/list.h"
#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::sched {

inline constexpr int kSignalCount = 64;  // 1 to 64
using SignalSet = u64;                   // bit n-1 for signal n
constexpr SignalSet SignalBit(int signal) { return u64{1} << (signal - 1); }
constexpr bool IsSignal(int signal) { return signal >= 1 && signal <= kSignalCount; }

// Raised by the program's own instruction: delivered before any other, so that the handler sees the registers of the fault.
inline constexpr SignalSet kSynchronousSignals = SignalBit(linux_abi::kSIGSEGV) | SignalBit(linux_abi::kSIGBUS) |
                                                 SignalBit(linux_abi::kSIGILL) | SignalBit(linux_abi::kSIGTRAP) |
                                                 SignalBit(linux_abi::kSIGFPE) | SignalBit(linux_abi::kSIGSYS);
// Can be neither blocked, ignored nor handled.
inline constexpr SignalSet kUnblockableSignals = SignalBit(linux_abi::kSIGKILL) | SignalBit(linux_abi::kSIGSTOP);
inline constexpr SignalSet kStopSignals = SignalBit(linux_abi::kSIGSTOP) | SignalBit(linux_abi::kSIGTSTP) |
                                          SignalBit(linux_abi::kSIGTTIN) | SignalBit(linux_abi::kSIGTTOU);

enum class DefaultAction : u8 { kTerminate, kCore, kIgnore, kStop, kContinue };
DefaultAction DefaultActionOf(int signal);

// The parts of siginfo_t that travel with a signal. Which of them are written to the program follows from `code` and `signal`.
struct SignalInfo {
  int signal = 0;
  i32 code = 0;
  i32 error = 0;
  i32 pid = 0;      // sender; for a timer its id
  u32 uid = 0;      // sender
  u64 address = 0;  // si_addr, for faults
  u64 value = 0;    // si_value
  i32 timer_overrun = 0;
};

// The signal to deliver first out of `deliverable`, or 0 when it is empty.
int PickSignal(SignalSet deliverable);

class PendingSignals {
 public:
  PendingSignals() = default;
  PendingSignals(const PendingSignals&) = delete;
  ~PendingSignals() { Discard(~SignalSet{0}); }

  SignalSet set() const { return set_; }
  size_t queued() const { return queue_.size(); }
  // A standard signal that waits already absorbs another of its kind. kNoMemory: only the fact is kept, the details are lost.
  Result<void> Add(const SignalInfo& info);
  // The longest waiting one of that number; it must be in set().
  SignalInfo Take(int signal);
  void Discard(SignalSet signals);
  // Calls visit(info) for every queued one; the visitor may change its details.
  template <typename Visitor>
  void ForEach(Visitor visit) {
    for (Entry* entry = queue_.front(); entry != nullptr; entry = queue_.Next(entry)) visit(entry->info);
  }

 private:
  struct Entry {
    SignalInfo info;
    ListNode node;
  };
  SignalSet set_ = 0;
  List<Entry, &Entry::node> queue_;
};

}  // namespace caponier::sched
