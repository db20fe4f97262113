// arch_prctl: the bases of FS and GS.
#include "kernel/arch/x86_64/thread_registers.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/process_flags.h"

namespace caponier::syscall {

Result<i64> SysArchPrctl(Call& call) {
  using namespace linux_abi::x86_64;
  switch (call.Int(0)) {
    case kARCH_SET_FS:
      // A base in the kernel's half, or one that is no address at all, must not reach the register.
      if (call[1] >= arch::kUserEnd) return Error::kNotPermitted;
      arch::SetThreadPointer(call[1]);
      return 0;
    case kARCH_SET_GS:
      if (call[1] >= arch::kUserEnd) return Error::kNotPermitted;
      arch::SetProgramGsBase(call[1]);
      return 0;
    case kARCH_GET_FS: TRY(mm::WriteUser(call[1], arch::ThreadPointer())); return 0;
    case kARCH_GET_GS: TRY(mm::WriteUser(call[1], arch::ProgramGsBase())); return 0;
    default: return Error::kInvalidArgument;
  }
}

}  // namespace caponier::syscall
