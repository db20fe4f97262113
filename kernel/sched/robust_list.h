// Robust futexes [get_robust_list(2)]: a thread that ends gives back the locks it holds, so that their waiters learn of its death.
//
// The list is the program's: each step reads memory that may be wrong, circular or gone. The walk is over a concept so that the
// host tests it on memory of its own:
//     bool Load64(u64 address, u64* value);  bool Load32(...);
//     bool CompareExchange32(u64 address, u32 expected, u32 desired, u32* found);
//     void Wake(u64 address);
#pragma once

#include "lib/base/types.h"
#include "lib/linux_abi/process_flags.h"

namespace caponier::sched {

struct Thread;
// For the current thread, over its own memory.
void WalkRobustList(Thread& thread);

// Marks one lock's word if `tid` owns it, and wakes one waiter. False when the word cannot be reached.
template <typename Memory>
bool ReleaseRobustFutex(Memory& memory, u64 futex, u32 tid, bool pending) {
  using namespace linux_abi;
  if (futex % sizeof(u32) != 0) return false;
  u32 word;
  if (!memory.Load32(futex, &word)) return false;
  for (;;) {
    // A thread that died between unlocking and waking left the word 0: its waiter must be woken in its stead.
    if (pending && word == 0) {
      memory.Wake(futex);
      return true;
    }
    if ((word & kFUTEX_TID_MASK) != tid) return true;
    u32 found;
    const u32 dead = (word & kFUTEX_WAITERS) | kFUTEX_OWNER_DIED;
    if (!memory.CompareExchange32(futex, word, dead, &found)) return false;
    if (found == word) break;
    word = found;
  }
  if ((word & kFUTEX_WAITERS) != 0) memory.Wake(futex);
  return true;
}

template <typename Memory>
void WalkRobustList(Memory& memory, u64 head, u32 tid) {
  // struct robust_list_head: next entry, offset from an entry to its futex word, entry being locked or unlocked right now.
  // Bit 0 of an entry's address marks a priority-inheritance lock.
  u64 entry, offset, pending;
  if (!memory.Load64(head, &entry) || !memory.Load64(head + 8, &offset) || !memory.Load64(head + 16, &pending)) return;
  pending &= ~u64{1};
  u32 left = linux_abi::kROBUST_LIST_LIMIT;  // a circle ends here
  for (entry &= ~u64{1}; entry != head && left > 0; left--) {
    u64 next;
    const bool more = memory.Load64(entry, &next);  // first: the lock's next owner may free the entry
    if (entry != pending && !ReleaseRobustFutex(memory, entry + offset, tid, false)) return;
    if (!more) return;
    entry = next & ~u64{1};
  }
  if (pending != 0) ReleaseRobustFutex(memory, pending + offset, tid, true);
}

}  // namespace caponier::sched
