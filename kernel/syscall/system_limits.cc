// Limits and what has been used of them.
#include "kernel/syscall/call.h"
#include "kernel/syscall/time_values.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

constexpr u64 kMostDescriptors = 1024 * 1024;  // fs.nr_open
constexpr u64 kNsPerTick = kNsPerSecond / kClockTicksPerSecond;

Result<sched::Limit*> LimitOf(Call& call, u32 resource) {
  if (resource >= kRLIM_NLIMITS) return Error::kInvalidArgument;
  return &call.process().limits.of[resource];
}

Result<void> SetLimit(Call& call, u32 resource, const Rlimit64& wanted) {
  sched::Limit* limit = TRY(LimitOf(call, resource));
  if (wanted.cur > wanted.max) return Error::kInvalidArgument;
  if (resource == kRLIMIT_NOFILE && wanted.max > kMostDescriptors) return Error::kNotPermitted;
  if (wanted.max > limit->hard && call.process().user_id != 0) return Error::kNotPermitted;
  *limit = {wanted.cur, wanted.max};
  call.process().ApplyMemoryLimits();
  return {};
}

}  // namespace

Result<i64> SysGetrlimit(Call& call) {
  const sched::Limit* limit = TRY(LimitOf(call, call.Unsigned(0)));
  TRY(mm::WriteUser(call[1], Rlimit64{limit->soft, limit->hard}));
  return 0;
}

Result<i64> SysSetrlimit(Call& call) {
  const auto wanted = TRY(mm::ReadUser<Rlimit64>(call[1]));
  TRY(SetLimit(call, call.Unsigned(0), wanted));
  return 0;
}

Result<i64> SysPrlimit64(Call& call) {
  const u32 resource = call.Unsigned(1);
  Rlimit64 wanted;
  if (call[2] != 0) wanted = TRY(mm::ReadUser<Rlimit64>(call[2]));
  if (call.Int(0) != 0 && sched::FindThread(call.process(), call.Int(0)) == nullptr) return Error::kNoProcess;
  const sched::Limit old = *TRY(LimitOf(call, resource));
  if (call[2] != 0) TRY(SetLimit(call, resource, wanted));
  if (call[3] != 0) TRY(mm::WriteUser(call[3], Rlimit64{old.soft, old.hard}));
  return 0;
}

// All CPU time counts as the program's own: the kernel does not take the time at each system call.
Result<i64> SysGetrusage(Call& call) {
  Rusage usage;
  sched::Process& process = call.process();
  switch (call.Int(0)) {
    case kRUSAGE_SELF:
      usage.utime = TimevalOf(sched::CpuTimeNs(process));
      usage.nvcsw = static_cast<i64>(process.voluntary_switches);
      usage.nivcsw = static_cast<i64>(process.involuntary_switches);
      for (sched::Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread)) {
        usage.nvcsw += static_cast<i64>(thread->voluntary_switches);
        usage.nivcsw += static_cast<i64>(thread->involuntary_switches);
      }
      break;
    case kRUSAGE_THREAD:
      usage.utime = TimevalOf(sched::CpuTimeNs(call.thread));
      usage.nvcsw = static_cast<i64>(call.thread.voluntary_switches);
      usage.nivcsw = static_cast<i64>(call.thread.involuntary_switches);
      break;
    case kRUSAGE_CHILDREN: break;
    default: return Error::kInvalidArgument;
  }
  if (call.Int(0) != kRUSAGE_CHILDREN) usage.maxrss = static_cast<i64>(process.memory->resident_pages() * kPageSize / kKiB);
  TRY(mm::WriteUser(call[1], usage));
  return 0;
}

Result<i64> SysTimes(Call& call) {
  if (call[0] != 0) TRY(mm::WriteUser(call[0], Tms{.utime = static_cast<i64>(sched::CpuTimeNs(call.process()) / kNsPerTick)}));
  return static_cast<i64>(arch::NowNs() / kNsPerTick);
}

}  // namespace caponier::syscall
