// Threads: kernel contexts, the program's vector registers, its segment bases; and the user copies.
#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/features.h"
#include "kernel/arch/x86_64/msr.h"
#include "kernel/arch/x86_64/percpu.h"

extern "C" {
void SwitchStacks(caponier::u64* save_sp, caponier::u64 load_sp);
void ThreadStart();
[[noreturn]] void EnterUserAsm(caponier::arch::TrapFrame* frame);
size_t UserCopy(void* to, const void* from, size_t bytes);
size_t UserZero(void* to, size_t bytes);
bool LoadUserWord(caponier::u64 address, caponier::u32* value);
bool ExchangeUserWord(caponier::u64 address, caponier::u32 expected, caponier::u32 desired, caponier::u32* found);
}

namespace caponier::arch {
namespace {

constexpr size_t kFxsaveBytes = 512;

u64 ReadFsBase() {
  if (!Features().fsgsbase) return ReadMsr(kMsrFsBase);
  u64 value;
  asm volatile("rdfsbase %0" : "=r"(value));
  return value;
}
void WriteFsBase(u64 value) {
  if (Features().fsgsbase) {
    asm volatile("wrfsbase %0" ::"r"(value));
  } else {
    WriteMsr(kMsrFsBase, value);
  }
}

}  // namespace

size_t FpuStateSize() {
  static size_t size;
  if (size == 0) size = Features().xsave ? AlignUp(Cpuid(0xd).ebx, 64) : kFxsaveBytes;
  return size;
}

void InitFpuState(std::byte* area) {
  __builtin_memset(area, 0, FpuStateSize());
  const u16 control = 0x37f;
  const u32 mxcsr = 0x1f80;
  __builtin_memcpy(area, &control, sizeof(control));
  __builtin_memcpy(area + 24, &mxcsr, sizeof(mxcsr));
}

void SaveFpuState(std::byte* area) {
  if (Features().xsave) {
    asm volatile("xsave64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
  } else {
    asm volatile("fxsave64 (%0)" ::"r"(area) : "memory");
  }
}

void RestoreFpuState(const std::byte* area) {
  if (Features().xsave) {
    asm volatile("xrstor64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
  } else {
    asm volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
  }
}

u64 ThreadPointer() { return ReadFsBase(); }
void SetThreadPointer(u64 value) { WriteFsBase(value); }

void PrepareThread(ThreadState& state, const ThreadStacks& stacks, const ThreadSecrets& secrets, void (*entry)(void*),
                   void* argument) {
  // The stack as SwitchStacks leaves it: canary, r15 r14 r13 r12 rbp rbx, return address. Room for a trap frame stays above.
  auto* stack = reinterpret_cast<u64*>(stacks.top.value - sizeof(TrapFrame) - 16);
  *--stack = 0;
  *--stack = reinterpret_cast<u64>(&ThreadStart);
  *--stack = 0;                                // rbx
  *--stack = 0;                                // rbp
  *--stack = reinterpret_cast<u64>(entry);     // r12
  *--stack = reinterpret_cast<u64>(argument);  // r13
  *--stack = 0;                                // r14
  *--stack = 0;                                // r15
  *--stack = secrets.canary;
  state.kernel_sp = reinterpret_cast<u64>(stack);
  state.kernel_stack_top = stacks.top.value;
}

[[gnu::no_stack_protector]] void AdoptSecrets(const ThreadSecrets& secrets) { __stack_chk_guard = secrets.canary; }

void SwitchThread(ThreadState& from, ThreadState& to) {
  if (from.fpu != nullptr) {
    SaveFpuState(from.fpu);
    from.fs_base = ReadFsBase();
    from.gs_base = ReadMsr(kMsrKernelGsBase);
  }
  if (to.fpu != nullptr) {
    RestoreFpuState(to.fpu);
    WriteFsBase(to.fs_base);
    if (to.gs_base != ReadMsr(kMsrKernelGsBase)) WriteMsr(kMsrKernelGsBase, to.gs_base);
  }
  SetEntryStack(to.kernel_stack_top);
  SwitchStacks(&from.kernel_sp, to.kernel_sp);
}

void EnterUser(TrapFrame* frame) { EnterUserAsm(frame); }

size_t CopyFromUserRaw(void* to, u64 from, size_t bytes) { return UserCopy(to, reinterpret_cast<const void*>(from), bytes); }
size_t CopyToUserRaw(u64 to, const void* from, size_t bytes) { return UserCopy(reinterpret_cast<void*>(to), from, bytes); }
size_t ZeroUserRaw(u64 to, size_t bytes) { return UserZero(reinterpret_cast<void*>(to), bytes); }
bool LoadUser32(u64 address, u32* value) { return LoadUserWord(address, value); }
bool CompareExchangeUser32(u64 address, u32 expected, u32 desired, u32* found) {
  return ExchangeUserWord(address, expected, desired, found);
}

}  // namespace caponier::arch
