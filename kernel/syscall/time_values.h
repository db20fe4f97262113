// Linux's times to and from nanoseconds. Deadlines are on the monotonic clock; what is too far away to count is kForever - 1.
#pragma once

#include "kernel/sched/thread.h"
#include "lib/base/result.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

inline constexpr u64 kNsPerSecond = 1'000'000'000, kNsPerMicrosecond = 1'000, kUsPerSecond = 1'000'000;
// The longest time counted: 292 years, as Linux's KTIME_MAX.
inline constexpr u64 kLongestNs = ~u64{0} >> 1;

constexpr u64 ClampedNanoseconds(u64 seconds, u64 ns) {
  return seconds >= kLongestNs / kNsPerSecond ? kLongestNs : seconds * kNsPerSecond + ns;
}
// kInvalidArgument for negative times and for fractions of a second or more.
constexpr Result<u64> NanosecondsOf(const linux_abi::Timespec& time) {
  if (time.sec < 0 || time.nsec < 0 || static_cast<u64>(time.nsec) >= kNsPerSecond) return Error::kInvalidArgument;
  return ClampedNanoseconds(static_cast<u64>(time.sec), static_cast<u64>(time.nsec));
}
constexpr Result<u64> NanosecondsOf(const linux_abi::Timeval& time) {
  if (time.sec < 0 || time.usec < 0 || static_cast<u64>(time.usec) >= kUsPerSecond) return Error::kInvalidArgument;
  return ClampedNanoseconds(static_cast<u64>(time.sec), static_cast<u64>(time.usec) * kNsPerMicrosecond);
}
constexpr linux_abi::Timespec TimespecOf(u64 ns) {
  return {static_cast<i64>(ns / kNsPerSecond), static_cast<i64>(ns % kNsPerSecond)};
}
// Rounds down.
constexpr linux_abi::Timeval TimevalOf(u64 ns) {
  return {static_cast<i64>(ns / kNsPerSecond), static_cast<i64>(ns % kNsPerSecond / kNsPerMicrosecond)};
}

inline u64 DeadlineAfter(u64 ns) { return arch::NowNs() + (ns < kLongestNs ? ns : kLongestNs); }
inline u64 DeadlineAtRealTime(u64 epoch_ns) {
  const u64 offset = sched::RealTimeOffsetNs();
  return epoch_ns > offset ? epoch_ns - offset : 0;
}

}  // namespace caponier::syscall
