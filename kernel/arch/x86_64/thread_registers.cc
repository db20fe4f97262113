#include "kernel/arch/x86_64/thread_registers.h"

#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/msr.h"

namespace caponier::arch {

u64 ProgramGsBase() { return ReadMsr(kMsrKernelGsBase); }
void SetProgramGsBase(u64 value) { WriteMsr(kMsrKernelGsBase, value); }

void CopyThreadState(ThreadState& child, const u64* thread_pointer) {
  SaveFpuState(child.fpu);
  child.fs_base = thread_pointer != nullptr ? *thread_pointer : ThreadPointer();
  child.gs_base = ProgramGsBase();
}

}  // namespace caponier::arch
