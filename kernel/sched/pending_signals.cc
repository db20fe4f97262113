#include "kernel/sched/pending_signals.h"

#include <bit>
#include <new>

namespace caponier::sched {

DefaultAction DefaultActionOf(int signal) {
  using namespace linux_abi;
  switch (signal) {
    case kSIGQUIT:
    case kSIGILL:
    case kSIGTRAP:
    case kSIGABRT:
    case kSIGBUS:
    case kSIGFPE:
    case kSIGSEGV:
    case kSIGXCPU:
    case kSIGXFSZ:
    case kSIGSYS: return DefaultAction::kCore;
    case kSIGCHLD:
    case kSIGURG:
    case kSIGWINCH: return DefaultAction::kIgnore;
    case kSIGCONT: return DefaultAction::kContinue;
    case kSIGSTOP:
    case kSIGTSTP:
    case kSIGTTIN:
    case kSIGTTOU: return DefaultAction::kStop;
    default: return DefaultAction::kTerminate;
  }
}

int PickSignal(SignalSet deliverable) {
  if (deliverable == 0) return 0;
  const SignalSet first = (deliverable & kSynchronousSignals) != 0 ? deliverable & kSynchronousSignals : deliverable;
  return std::countr_zero(first) + 1;
}

Result<void> PendingSignals::Add(const SignalInfo& info) {
  const SignalSet bit = SignalBit(info.signal);
  if (info.signal < linux_abi::kSIGRTMIN && (set_ & bit) != 0) return {};
  set_ |= bit;
  Entry* entry = new (std::nothrow) Entry{info, {}};
  if (entry == nullptr) return Error::kNoMemory;
  queue_.PushBack(entry);
  return {};
}

SignalInfo PendingSignals::Take(int signal) {
  SignalInfo info{.signal = signal};
  bool found = false, more = false;
  for (Entry* entry = queue_.front(); entry != nullptr;) {
    Entry* next = queue_.Next(entry);
    if (entry->info.signal == signal) {
      if (found) {
        more = true;
        break;
      }
      info = entry->info;
      found = true;
      queue_.Remove(entry);
      delete entry;
    }
    entry = next;
  }
  if (!more) set_ &= ~SignalBit(signal);
  return info;
}

void PendingSignals::Discard(SignalSet signals) {
  for (Entry* entry = queue_.front(); entry != nullptr;) {
    Entry* next = queue_.Next(entry);
    if ((signals & SignalBit(entry->info.signal)) != 0) {
      queue_.Remove(entry);
      delete entry;
    }
    entry = next;
  }
  set_ &= ~signals;
}

}  // namespace caponier::sched
