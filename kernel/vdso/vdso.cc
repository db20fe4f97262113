// The clock calls, in the program's own ring. Names, prototypes and version are Linux's [vdso-7]; every clock not answered here goes to
// the kernel. The object needs no relocation: its data page lies at a fixed distance before it.
#include "kernel/vdso/clock_data.h"

using caponier::vdso::ClockData;

extern "C" {
extern const volatile ClockData clock_data __attribute__((visibility("hidden")));

struct Timespec {
  int64_t seconds, nanoseconds;
};
struct Timeval {
  int64_t seconds, microseconds;
};
}

namespace {

constexpr int kRealtime = 0, kMonotonic = 1, kMonotonicRaw = 4, kRealtimeCoarse = 5, kMonotonicCoarse = 6, kBoottime = 7;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

#if defined(__x86_64__)
constexpr long kSysClockGettime = 228, kSysClockGetres = 229, kSysGettimeofday = 96;

inline uint64_t Counter() {
  uint32_t low, high;
  asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
  return uint64_t{high} << 32 | low;
}
inline long Call(long number, long a, long b) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
  return result;
}
#else
constexpr long kSysClockGettime = 113, kSysClockGetres = 114, kSysGettimeofday = 169;

inline uint64_t Counter() {
  uint64_t value;
  asm volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}
inline long Call(long number, long a, long b) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
  return x0;
}
#endif

uint64_t MonotonicNs(uint64_t* realtime_offset) {
  for (;;) {
    const uint32_t before = clock_data.sequence;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if ((before & 1) != 0) continue;
    const uint64_t elapsed = Counter() - clock_data.base_counter;
    const uint64_t ns =
        clock_data.base_ns + static_cast<uint64_t>(static_cast<unsigned __int128>(elapsed) * clock_data.mult >> clock_data.shift);
    *realtime_offset = clock_data.realtime_offset_ns;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (clock_data.sequence == before) return ns;
  }
}

int GetTime(int clock, Timespec* out) {
  uint64_t offset;
  uint64_t ns;
  switch (clock) {
    case kRealtime:
    case kRealtimeCoarse:
      ns = MonotonicNs(&offset);
      ns += offset;
      break;
    case kMonotonic:
    case kMonotonicRaw:
    case kMonotonicCoarse:
    case kBoottime: ns = MonotonicNs(&offset); break;
    default: return static_cast<int>(Call(kSysClockGettime, clock, reinterpret_cast<long>(out)));
  }
  out->seconds = static_cast<int64_t>(ns / kNsPerSecond);
  out->nanoseconds = static_cast<int64_t>(ns % kNsPerSecond);
  return 0;
}

int GetTimeOfDay(Timeval* out, void* zone) {
  if (zone != nullptr) return static_cast<int>(Call(kSysGettimeofday, reinterpret_cast<long>(out), reinterpret_cast<long>(zone)));
  if (out == nullptr) return 0;
  Timespec now;
  GetTime(kRealtime, &now);
  out->seconds = now.seconds;
  out->microseconds = now.nanoseconds / 1000;
  return 0;
}

int GetResolution(int clock, Timespec* out) {
  return static_cast<int>(Call(kSysClockGetres, clock, reinterpret_cast<long>(out)));
}

}  // namespace

#define EXPORT __attribute__((visibility("default")))

extern "C" {
#if defined(__x86_64__)
EXPORT int __vdso_clock_gettime(int clock, Timespec* out) { return GetTime(clock, out); }
EXPORT int __vdso_gettimeofday(Timeval* out, void* zone) { return GetTimeOfDay(out, zone); }
EXPORT int __vdso_clock_getres(int clock, Timespec* out) { return GetResolution(clock, out); }
EXPORT int64_t __vdso_time(int64_t* out) {
  Timespec now;
  GetTime(kRealtime, &now);
  if (out != nullptr) *out = now.seconds;
  return now.seconds;
}
EXPORT int __vdso_getcpu(unsigned* cpu, unsigned* node, void*) {
  if (cpu != nullptr) *cpu = 0;
  if (node != nullptr) *node = 0;
  return 0;
}
#else
EXPORT int __kernel_clock_gettime(int clock, Timespec* out) { return GetTime(clock, out); }
EXPORT int __kernel_gettimeofday(Timeval* out, void* zone) { return GetTimeOfDay(out, zone); }
EXPORT int __kernel_clock_getres(int clock, Timespec* out) { return GetResolution(clock, out); }
// Unwinders know this function by its instructions; a NOP before it keeps the return address inside another row.
__attribute__((naked)) EXPORT void __kernel_rt_sigreturn() { asm volatile("mov x8, #139; svc #0"); }
#endif
}
