#include "kernel/sched/futex.h"

#include <array>

#include "kernel/mm/user_copy.h"
#include "lib/linux_abi/process_flags.h"

namespace caponier::sched {
namespace {

using namespace linux_abi;

// Waiters of all words, in buckets by key. A bucket's list keeps the order of arrival per key.
constexpr size_t kBuckets = 64;
constinit std::array<WaitQueue, kBuckets> g_buckets;

// Bit 0 is free in a word's address: it tells a frame from an address.
using Key = u64;

// AArch64 ignores the top byte of an address, so two tags name one word.
constexpr u64 kAddressMask = (u64{1} << 56) - 1;

Result<Key> KeyOf(FutexWord word) {
  if (word.address % sizeof(u32) != 0) return Error::kInvalidArgument;
  if (!mm::IsUserRange(word.address, sizeof(u32))) return Error::kBadAddress;
  const u64 address = word.address & kAddressMask;
  if (word.scope == FutexScope::kPrivate) return address;
  // A private mapping has no other address, and its frame may change with a copy.
  const mm::Mapping* mapping = CurrentProcess().memory->Find(address);
  if (mapping == nullptr || !mapping->shared) return address;
  u32 value;  // brings the page in
  if (!arch::LoadUser32(word.address, &value)) return Error::kBadAddress;
  const PhysAddr frame = TRY(CurrentProcess().memory->FrameAt(address));
  return (frame.page_base().value | VirtAddr{address}.page_offset()) | 1;
}

WaitQueue& BucketOf(Key key) { return g_buckets[((key >> 2) ^ (key >> kPageBits)) % kBuckets]; }

u32 WakeKey(Key key, u32 count, u32 bits) {
  return BucketOf(key).WakeIf(count, [=](const Waiter& waiter) { return waiter.key == key && (waiter.bits & bits) != 0; });
}

// Sleeps on `key`; the waiter may be moved to another bucket meanwhile.
Result<void> Sleep(Key key, u32 bits, u64 deadline_ns) {
  Waiter waiter;
  waiter.key = key;
  waiter.bits = bits;
  BucketOf(key).Add(&waiter);
  const Result<void> result = Block(deadline_ns, Interruptible::kYes);
  if (waiter.woken) return {};
  if (waiter.queue != nullptr) waiter.queue->Remove(&waiter);
  return result.ok() ? Result<void>(Error::kInterrupted) : result;
}

// The futex word changes by compare and exchange, so that it is right on more CPUs too.
template <typename Change>
Result<u32> UpdateWord(u64 address, Change change) {
  u32 old;
  if (!arch::LoadUser32(address, &old)) return Error::kBadAddress;
  for (;;) {
    u32 found;
    if (!arch::CompareExchangeUser32(address, old, change(old), &found)) return Error::kBadAddress;
    if (found == old) return old;
    old = found;
  }
}

constexpr i32 SignExtend12(u32 value) { return static_cast<i32>(value << 20) >> 20; }

}  // namespace

Result<void> WaitFutex(FutexWord word, u32 expected, u32 bits, u64 deadline_ns) {
  if (bits == 0) return Error::kInvalidArgument;
  const Key key = TRY(KeyOf(word));
  u32 value;
  if (!arch::LoadUser32(word.address, &value)) return Error::kBadAddress;
  if (value != expected) return Error::kWouldBlock;
  return Sleep(key, bits, deadline_ns);
}

Result<u32> WakeFutex(FutexWord word, u32 count, u32 bits) {
  if (bits == 0) return Error::kInvalidArgument;
  return WakeKey(TRY(KeyOf(word)), count, bits);
}

Result<u32> RequeueFutex(FutexWord from, FutexWord to, u32 wake, u32 move, const u32* expected, u32* moved) {
  const Key from_key = TRY(KeyOf(from));
  const Key to_key = TRY(KeyOf(to));
  if (expected != nullptr) {
    u32 value;
    if (!arch::LoadUser32(from.address, &value)) return Error::kBadAddress;
    if (value != *expected) return Error::kWouldBlock;
  }
  WaitQueue& source = BucketOf(from_key);
  WaitQueue& target = BucketOf(to_key);
  const u32 woken = WakeKey(from_key, wake, ~0u);
  *moved = 0;
  source.WakeIf(1, [&](Waiter& waiter) {
    if (waiter.key != from_key || *moved == move) return false;
    if (from_key != to_key) {
      waiter.key = to_key;
      source.MoveTo(target, &waiter);
    }
    (*moved)++;
    return false;
  });
  return woken;
}

// The operation's fields [futex(2)] FUTEX_WAKE_OP.
Result<u32> WakeFutexOperation(FutexWord first, FutexWord second, u32 wake_first, u32 wake_second, u32 operation) {
  const Key first_key = TRY(KeyOf(first));
  const Key second_key = TRY(KeyOf(second));
  u32 code = operation >> 28 & 7;
  u32 operand = static_cast<u32>(SignExtend12(operation >> 12 & 0xfff));
  if ((operation >> 28 & kFUTEX_OP_OPARG_SHIFT) != 0) operand = u32{1} << (operand & 31);
  if (code > kFUTEX_OP_XOR) return Error::kNotImplemented;
  const u32 old = TRY(UpdateWord(second.address, [=](u32 value) -> u32 {
    switch (code) {
      case kFUTEX_OP_SET: return operand;
      case kFUTEX_OP_ADD: return value + operand;
      case kFUTEX_OP_OR: return value | operand;
      case kFUTEX_OP_ANDN: return value & ~operand;
      default: return value ^ operand;
    }
  }));
  const i32 left = static_cast<i32>(old), right = SignExtend12(operation & 0xfff);
  bool holds = false;
  switch (operation >> 24 & 0xf) {
    case kFUTEX_OP_CMP_EQ: holds = left == right; break;
    case kFUTEX_OP_CMP_NE: holds = left != right; break;
    case kFUTEX_OP_CMP_LT: holds = left < right; break;
    case kFUTEX_OP_CMP_LE: holds = left <= right; break;
    case kFUTEX_OP_CMP_GT: holds = left > right; break;
    case kFUTEX_OP_CMP_GE: holds = left >= right; break;
    default: return Error::kNotImplemented;
  }
  u32 woken = WakeKey(first_key, wake_first, ~0u);
  if (holds) woken += WakeKey(second_key, wake_second, ~0u);
  return woken;
}

Result<void> LockFutex(FutexWord word, u64 deadline_ns, LockMode mode) {
  const Key key = TRY(KeyOf(word));
  const u32 self = static_cast<u32>(CurrentThread().tid);
  for (;;) {
    u32 value;
    if (!arch::LoadUser32(word.address, &value)) return Error::kBadAddress;
    const u32 owner = value & kFUTEX_TID_MASK;
    if (owner == self) return Error::kDeadlock;
    const bool free = owner == 0;
    if (!free && mode == LockMode::kTry) return Error::kWouldBlock;
    // A dead owner's mark stays for the new one to see.
    const u32 wanted = free ? self | (value & ~kFUTEX_TID_MASK) : value | kFUTEX_WAITERS;
    u32 found;
    if (!arch::CompareExchangeUser32(word.address, value, wanted, &found)) return Error::kBadAddress;
    if (found != value) continue;
    if (free) return {};
    if (FindThread(CurrentProcess(), static_cast<i32>(owner)) == nullptr) return Error::kNoProcess;
    TRY(Sleep(key, ~0u, deadline_ns));
  }
}

Result<void> UnlockFutex(FutexWord word) {
  const Key key = TRY(KeyOf(word));
  u32 value;
  if (!arch::LoadUser32(word.address, &value)) return Error::kBadAddress;
  if ((value & kFUTEX_TID_MASK) != static_cast<u32>(CurrentThread().tid)) return Error::kNotPermitted;
  (void)TRY(UpdateWord(word.address, [](u32 old) { return old & kFUTEX_WAITERS; }));
  // Those that stay asleep set the mark again through the one that is woken and finds others waiting.
  if (WakeKey(key, 1, ~0u) == 0) (void)TRY(UpdateWord(word.address, [](u32) { return 0u; }));
  return {};
}

void WakeFutexOfEndedThread(u64 address) { (void)WakeFutex(FutexWord{address, FutexScope::kShared}, 1, ~0u); }

}  // namespace caponier::sched
