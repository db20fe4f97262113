// prctl: a bag of small settings. What this kernel cannot honour is refused, so that a program learns it.
#include "kernel/syscall/call.h"
#include "lib/linux_abi/own_prctl.h"
#include "lib/linux_abi/process_flags.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

constexpr u32 kLastCapability = 40;
constexpr u64 kDefaultTimerSlackNs = 50'000;

bool RestIsZero(const Call& call, int from) {
  for (int i = from; i <= 4; i++) {
    if (call[i] != 0) return false;
  }
  return true;
}

Result<i64> SetName(Call& call) {
  char name[16] = {};
  // Longer names are cut, so a string that runs on past 16 bytes is no error.
  for (size_t i = 0; i < sizeof(name) - 1; i++) {
    name[i] = static_cast<char>(TRY(mm::ReadUser<u8>(call[1] + i)));
    if (name[i] == '\0') break;
  }
  __builtin_memcpy(call.thread.name, name, sizeof(name));
  return 0;
}

}  // namespace

Result<i64> SysPrctl(Call& call) {
  sched::Process& process = call.process();
  switch (call.Int(0)) {
    case kPR_SET_NAME: return SetName(call);
    case kPR_GET_NAME: TRY(mm::CopyToUser(call[1], std::as_bytes(std::span(call.thread.name)))); return 0;
    case kPR_SET_PDEATHSIG:
      if (call[1] > 64) return Error::kInvalidArgument;
      process.parent_death_signal = call.Int(1);
      return 0;
    case kPR_GET_PDEATHSIG: TRY(mm::WriteUser(call[1], static_cast<u32>(process.parent_death_signal))); return 0;
    case kPR_SET_DUMPABLE:
      if (call[1] > 1) return Error::kInvalidArgument;
      process.dumpable = call[1] == 1;
      return 0;
    case kPR_GET_DUMPABLE: return i64{process.dumpable};
    case kPR_SET_KEEPCAPS:
      if (call[1] > 1) return Error::kInvalidArgument;
      process.credentials.keep_capabilities = call[1] == 1;
      return 0;
    case kPR_GET_KEEPCAPS: return i64{process.credentials.keep_capabilities};
    case kPR_SET_NO_NEW_PRIVS:
      if (call[1] != 1 || !RestIsZero(call, 2)) return Error::kInvalidArgument;
      process.no_new_privileges = true;
      return 0;
    case kPR_GET_NO_NEW_PRIVS:
      if (!RestIsZero(call, 1)) return Error::kInvalidArgument;
      return i64{process.no_new_privileges};
    case kPR_CAPBSET_READ:
      if (call[1] > kLastCapability) return Error::kInvalidArgument;
      return static_cast<i64>(process.credentials.bounding >> call[1] & 1);
    case kPR_CAPBSET_DROP:
      if (call[1] > kLastCapability) return Error::kInvalidArgument;
      if (process.user_id != 0) return Error::kNotPermitted;
      process.credentials.bounding &= ~(u64{1} << call[1]);
      return 0;
    case kPR_SET_TIMERSLACK:
      call.thread.timer_slack_ns = call[1] == 0 || static_cast<i64>(call[1]) < 0 ? kDefaultTimerSlackNs : call[1];
      return 0;
    case kPR_GET_TIMERSLACK: return static_cast<i64>(call.thread.timer_slack_ns);
    case kPR_GET_TID_ADDRESS: TRY(mm::WriteUser(call[1], call.thread.clear_child_tid)); return 0;
    case kPR_SET_CHILD_SUBREAPER: process.child_subreaper = call[1] != 0; return 0;
    case kPR_GET_CHILD_SUBREAPER: TRY(mm::WriteUser(call[1], u32{process.child_subreaper})); return 0;
    case kPR_GET_SECCOMP:
    case kPR_GET_SECUREBITS:
    case kPR_GET_THP_DISABLE: return 0;
    case kPR_SET_TAGGED_ADDR_CTRL:
      if (!RestIsZero(call, 2)) return Error::kInvalidArgument;
      return static_cast<i64>(TRY(arch::SetTaggedAddressControl(call[1])));
    case kPR_GET_TAGGED_ADDR_CTRL:
      if (!RestIsZero(call, 1)) return Error::kInvalidArgument;
      return static_cast<i64>(TRY(arch::TaggedAddressControl()));
    case kPR_CAPONIER_SET_FIRST_TAG:
      if (call[3] >= 16 || call[4] != 0) return Error::kInvalidArgument;
      TRY(process.memory->SetFirstTag(call[1], call[2], static_cast<u8>(call[3])));
      return 0;
    default: return Error::kInvalidArgument;
  }
}

}  // namespace caponier::syscall
