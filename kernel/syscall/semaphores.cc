// System V's semaphores: semget(2), semop(2), semtimedop(2), semctl(2).
//
// What a change makes possible for those who wait is done for them at once, the longest waiting first: nobody who comes later gets in
// between. All that SEM_UNDO leaves to do at the end is seen by nobody, since the machine ends with its process; but what it adds up to
// has bounds, which are kept.
#include "kernel/mm/frames.h"
#include "kernel/syscall/system_v.h"
#include "kernel/syscall/time_values.h"
#include "lib/base/vector.h"
#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/ipc_flags.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

// Linux's limits [proc(5)].
constexpr i32 kInSetMost = 32000, kSetsMost = 32000, kValueMost = 32767, kUndoMost = 32767;
constexpr size_t kOperationsMost = 500;

struct Semaphore {
  i16 value = 0, undo = 0;
  i32 last = 0;  // process
};

struct SemaphoreSet final : RefCounted, mm::SystemVObject {
  Vector<Semaphore> semaphores;
  sched::WaitQueue waiters;
  i64 operated_at = 0;
};

using Operations = std::span<const Sembuf>;
struct Waiter : sched::Waiter {
  Operations operations;
  const Sembuf* blocking = nullptr;  // the first that cannot be done
  Result<void> result;
};

constinit mm::SystemVTable g_sets;
constinit i32 g_semaphores = 0;

Result<SemaphoreSet*> SetOf(i32 id) { return ObjectOf<SemaphoreSet>(g_sets, id); }

// The list holds the reference that IPC_RMID gives up.
Result<i64> Make(Call& call, i32 key, i32 count, u32 flags) {
  if (count == 0) return Error::kInvalidArgument;
  if (g_sets.size() >= kSetsMost) return Error::kNoSpace;
  if (mm::InReserve()) return Error::kNoMemory;
  Ref<SemaphoreSet> set = TRY(MakeRef<SemaphoreSet>());
  TRY(set->semaphores.Resize(static_cast<size_t>(count)));
  set->key = key;
  SetCreator(call, *set, flags);
  g_semaphores += count;
  g_sets.Add(*set);
  return set.Leak()->id;
}

// All of them, or none: kBusy when one must wait, kWouldBlock when one would that may not; `blocking` then is that one.
Result<void> Perform(SemaphoreSet& set, Operations operations, const Sembuf*& blocking) {
  size_t done = 0;
  Error error = Error::kWouldBlock;
  for (; done < operations.size(); done++) {
    const Sembuf& each = operations[done];
    Semaphore& semaphore = set.semaphores[each.num];
    const i32 value = semaphore.value + each.op;
    const i32 undo = semaphore.undo - ((each.flg & kSEM_UNDO) != 0 ? each.op : 0);
    blocking = &each;
    if (each.op == 0 ? value != 0 : value < 0) break;
    if (value > kValueMost || undo > kUndoMost || undo < -kUndoMost - 1) {
      error = Error::kOutOfRange;
      break;
    }
    semaphore.value = static_cast<i16>(value);
    semaphore.undo = static_cast<i16>(undo);
  }
  if (done == operations.size()) {
    for (const Sembuf& each : operations) set.semaphores[each.num].last = sched::CurrentProcess().pid;
    set.operated_at = SecondsNow();
    return {};
  }
  while (done-- > 0) {
    Semaphore& semaphore = set.semaphores[operations[done].num];
    semaphore.value = static_cast<i16>(semaphore.value - operations[done].op);
    if ((operations[done].flg & kSEM_UNDO) != 0) semaphore.undo = static_cast<i16>(semaphore.undo + operations[done].op);
  }
  if (error == Error::kWouldBlock && (blocking->flg & kIPC_NOWAIT) == 0) return Error::kBusy;
  return error;
}

void ServeWaiters(SemaphoreSet& set) {
  const auto serve = [&](sched::Waiter& entry) {
    auto& waiter = static_cast<Waiter&>(entry);
    waiter.result = Perform(set, waiter.operations, waiter.blocking);
    return waiter.result.ok() || waiter.result.error() != Error::kBusy;
  };
  while (set.waiters.WakeIf(1, serve) != 0) {
  }
}

Result<i64> Operate(Call& call, u64 deadline_ns) {
  const u64 count = call.Unsigned(2);
  if (count > kOperationsMost) return Error::kArgumentsTooLong;
  if (count == 0) return Error::kInvalidArgument;
  Sembuf few[4];
  Vector<Sembuf> many;
  std::span<Sembuf> operations = few;
  if (count > operations.size()) {
    TRY(many.Resize(count));
    operations = many;
  }
  operations = operations.first(count);
  TRY(mm::CopyFromUser(std::as_writable_bytes(operations), call[1]));
  const Ref<SemaphoreSet> set = Ref<SemaphoreSet>::Share(TRY(SetOf(call.Int(0))));
  bool alters = false;
  for (const Sembuf& each : operations) {
    if (each.num >= set->semaphores.size()) return Error::kFileTooLarge;
    alters |= each.op != 0;
  }
  TRY(CheckAccess(call, *set, alters ? kMayWrite : kMayRead));
  Waiter waiter;
  waiter.operations = operations;
  waiter.result = Perform(*set, operations, waiter.blocking);
  if (waiter.result.ok()) {
    if (alters) ServeWaiters(*set);
    return 0;
  }
  if (waiter.result.error() != Error::kBusy) return waiter.result.error();
  set->waiters.Add(&waiter);
  const Result<void> slept = sched::Block(deadline_ns, sched::Interruptible::kYes);
  if (!waiter.woken) {
    set->waiters.Remove(&waiter);
    return !slept.ok() && slept.error() == Error::kTimedOut ? Error::kWouldBlock : Error::kInterrupted;
  }
  TRY(waiter.result);
  return 0;
}

// Threads that wait for the semaphore: to become 0, or to grow.
i64 WaitingFor(SemaphoreSet& set, u16 number, bool for_zero) {
  i64 count = 0;
  set.waiters.WakeIf(1, [&](sched::Waiter& entry) {
    const Sembuf& blocking = *static_cast<Waiter&>(entry).blocking;
    count += blocking.num == number && (blocking.op == 0) == for_zero;
    return false;
  });
  return count;
}

void SetValue(Semaphore& semaphore, i32 value) {
  semaphore.value = static_cast<i16>(value);
  semaphore.undo = 0;
  semaphore.last = sched::CurrentProcess().pid;
}

Result<i64> GetAll(SemaphoreSet& set, u64 address) {
  for (const Semaphore& each : set.semaphores) {
    TRY(mm::WriteUser(address, static_cast<u16>(each.value)));
    address += sizeof(u16);
  }
  return 0;
}

Result<i64> SetAll(SemaphoreSet& set, u64 address) {
  Vector<u16> values;
  TRY(values.Resize(set.semaphores.size()));
  TRY(mm::CopyFromUser(std::as_writable_bytes(std::span<u16>(values)), address));
  for (const u16 value : values) {
    if (value > kValueMost) return Error::kOutOfRange;
  }
  for (size_t i = 0; i < values.size(); i++) SetValue(set.semaphores[i], values[i]);
  set.changed_at = SecondsNow();
  ServeWaiters(set);
  return 0;
}

// Of one semaphore.
Result<i64> ControlOne(Call& call, SemaphoreSet& set, i32 number, int command) {
  if (number < 0 || static_cast<size_t>(number) >= set.semaphores.size()) return Error::kInvalidArgument;
  Semaphore& semaphore = set.semaphores[static_cast<size_t>(number)];
  switch (command) {
    case kGETVAL: return semaphore.value;
    case kGETPID: return semaphore.last;
    case kSETVAL:
      TRY(CheckAccess(call, set, kMayWrite));
      SetValue(semaphore, call.Int(3));
      set.changed_at = SecondsNow();
      ServeWaiters(set);
      return 0;
    default: return WaitingFor(set, static_cast<u16>(number), command == kGETZCNT);
  }
}

}  // namespace

Result<i64> SysSemget(Call& call) {
  const i32 key = call.Int(0), count = call.Int(1);
  const u32 flags = call.Unsigned(2);
  if (count < 0 || count > kInSetMost) return Error::kInvalidArgument;
  auto* set = static_cast<SemaphoreSet*>(TRY(FindForKey(g_sets, key, flags)));
  if (set == nullptr) return Make(call, key, count, flags);
  if (static_cast<size_t>(count) > set->semaphores.size()) return Error::kInvalidArgument;
  TRY(CheckFlags(call, *set, flags));
  return set->id;
}

Result<i64> SysSemop(Call& call) { return Operate(call, sched::kForever); }

Result<i64> SysSemtimedop(Call& call) {
  u64 deadline = sched::kForever;
  if (call[3] != 0) {
    const auto time = TRY(mm::ReadUser<Timespec>(call[3]));
    deadline = DeadlineAfter(TRY(NanosecondsOf(time)));
  }
  return Operate(call, deadline);
}

Result<i64> SysSemctl(Call& call) {
  const i32 id = call.Int(0);
  const int command = call.Int(2);
  if (id < 0) return Error::kInvalidArgument;
  switch (command) {
    case kIPC_INFO:
    case kSEM_INFO: {
      const bool used = command == kSEM_INFO;
      TRY(mm::WriteUser(call[3], Seminfo{.semmap = kInSetMost * kSetsMost,
                                         .semmni = kSetsMost,
                                         .semmns = kInSetMost * kSetsMost,
                                         .semmnu = kInSetMost * kSetsMost,
                                         .semmsl = kInSetMost,
                                         .semopm = kOperationsMost,
                                         .semume = kOperationsMost,
                                         .semusz = used ? static_cast<i32>(g_sets.size()) : 20,
                                         .semvmx = kValueMost,
                                         .semaem = used ? g_semaphores : kUndoMost}));
      return g_sets.highest();
    }
    case kIPC_STAT:
    case kSEM_STAT:
    case kSEM_STAT_ANY: {
      const SemaphoreSet* set = TRY(SetOf(id));
      if (command != kSEM_STAT_ANY) TRY(CheckAccess(call, *set, kMayRead));
      native::SemidDs out;
      out.perm = DescribeOwner(*set);
      out.otime = set->operated_at;
      out.ctime = set->changed_at;
      out.nsems = set->semaphores.size();
      TRY(mm::WriteUser(call[3], out));
      return command == kIPC_STAT ? 0 : set->id;
    }
    case kIPC_SET: {
      const auto wanted = TRY(mm::ReadUser<native::SemidDs>(call[3]));
      SemaphoreSet* set = TRY(SetOf(id));
      TRY(SetOwner(call, *set, wanted.perm));
      return 0;
    }
    case kIPC_RMID: {
      SemaphoreSet* found = TRY(SetOf(id));
      TRY(CheckOwner(call, *found));
      const auto set = Ref<SemaphoreSet>::Adopt(found);
      g_sets.Remove(*set);
      g_semaphores -= static_cast<i32>(set->semaphores.size());
      set->waiters.WakeIf(~0u, [](sched::Waiter& entry) {
        static_cast<Waiter&>(entry).result = Error::kRemoved;
        return true;
      });
      return 0;
    }
    case kSETVAL:
      if (call.Int(3) < 0 || call.Int(3) > kValueMost) return Error::kOutOfRange;
      return ControlOne(call, *TRY(SetOf(id)), call.Int(1), command);
    case kGETVAL:
    case kGETPID:
    case kGETNCNT:
    case kGETZCNT:
    case kGETALL:
    case kSETALL: {
      SemaphoreSet& set = *TRY(SetOf(id));
      TRY(CheckAccess(call, set, command == kSETALL ? kMayWrite : kMayRead));
      if (command == kGETALL) return GetAll(set, call[3]);
      return command == kSETALL ? SetAll(set, call[3]) : ControlOne(call, set, call.Int(1), command);
    }
    default: return Error::kInvalidArgument;
  }
}

}  // namespace caponier::syscall
