#include "kernel/sched/robust_list.h"

#include "kernel/mm/user_copy.h"
#include "kernel/sched/futex.h"
#include "kernel/sched/thread.h"

namespace caponier::sched {
namespace {

struct UserMemory {
  bool Load64(u64 address, u64* value) {
    const Result<u64> read = mm::ReadUser<u64>(address);
    if (read.ok()) *value = read.value();
    return read.ok();
  }
  bool Load32(u64 address, u32* value) { return mm::IsUserRange(address, sizeof(u32)) && arch::LoadUser32(address, value); }
  bool CompareExchange32(u64 address, u32 expected, u32 desired, u32* found) {
    return mm::IsUserRange(address, sizeof(u32)) && arch::CompareExchangeUser32(address, expected, desired, found);
  }
  void Wake(u64 address) { WakeFutexOfEndedThread(address); }
};

}  // namespace

void WalkRobustList(Thread& thread) {
  if (thread.robust_list == 0) return;
  UserMemory memory;
  WalkRobustList(memory, thread.robust_list, static_cast<u32>(thread.tid));
}

}  // namespace caponier::sched
