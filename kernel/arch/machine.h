// The port contract: everything the kernel asks of a machine, and everything a machine tells the kernel. One folder beside this
// file implements it per architecture; headers of the same name under <machine/...> hold what must be inline.
//
//   <machine/page_format.h>   page-table entries as pure functions: encode and decode, nothing else
//   <machine/trap_frame.h>    the registers of interrupted code, and the accessors below it
//   <machine/cpu.h>           single instructions: interrupts, TLB, counters, halting, the per-CPU pointer
//   <machine/thread_state.h>  what a thread owns of the machine besides its trap frame
//   <machine/heap_tags.h>     tags of the kernel's own memory, where the processor has them
//
// Rules. Kernel code runs with interrupts off, except in WaitForInterrupt: preemption happens on the way back to the program, so
// one CPU needs no locks and more CPUs need one at the entries below. Kernel code uses no floating-point or vector register.
#pragma once

#include <machine/cpu.h>
#include <machine/heap_tags.h>
#include <machine/page_format.h>
#include <machine/thread_state.h>
#include <machine/trap_frame.h>

#include <span>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/format.h"
#include "lib/base/result.h"

namespace caponier::arch {

// --- start ---------------------------------------------------------------------------------------------------------------------
// Once, first of all, still in the identity mapping: those of the CPU's protections that need no mapping of the kernel's own (SMEP, SMAP,
// UMIP, PAN, ...). Each feature is detected, never assumed. An emulator's translations are kept by these bits too: what runs with them as
// they stay is translated once.
void PrepareCpu();
// Once, high, on the boot stack: descriptor tables or vectors, the other protections (WXN, ...), the system call entry.
void InitCpu();
// Once, after device windows can be mapped: interrupt controller and one-shot timer; calibrates the clock.
Result<void> InitInterrupts();
// For `--wx off`: lets the program execute memory that it can write, where the CPU forbids that by itself (AArch64's WXN).
void AllowWritableCode();
// What the CPU offers and what is on, for the report: calls `line(name, state)` with state "on", "absent" or "off".
void DescribeProtections(void (*line)(void* context, std::string_view name, std::string_view state), void* context);
// AT_HWCAP, AT_HWCAP2 and AT_PLATFORM for the program.
struct HardwareCapabilities {
  u64 hwcap = 0, hwcap2 = 0;
  std::string_view platform;
  u64 minimum_signal_stack = 0;  // AT_MINSIGSTKSZ, bytes
};
HardwareCapabilities Capabilities();
// The text of /proc/cpuinfo.
void DescribeCpu(TextSink& sink);

// --- time ----------------------------------------------------------------------------------------------------------------------
// Nanoseconds since an arbitrary start, monotonic.
u64 NowNs();
// How the vDSO turns the user-readable counter into NowNs(): ns = base_ns + ((counter - base_counter) * mult >> shift).
struct ClockScale {
  u64 base_counter = 0, base_ns = 0, mult = 0;
  u32 shift = 0;
  u64 Nanoseconds(u64 counts) const { return MulShift(counts, mult, shift); }
  static u64 MulShift(u64 a, u64 b, u32 shift) { return static_cast<u64>(static_cast<unsigned __int128>(a) * b >> shift); }
};
ClockScale CounterScale();
// One interrupt at NowNs() >= deadline; replaces the one before. kNoDeadline stops it.
inline constexpr u64 kNoDeadline = ~u64{0};
void SetTimer(u64 deadline_ns);

// --- interrupts ------------------------------------------------------------------------------------------------------------------
// Routes device interrupt `line` (x86: I/O APIC pin; AArch64: GIC INTID) to this CPU and unmasks it.
void EnableDeviceInterrupt(u32 line);

// --- threads ---------------------------------------------------------------------------------------------------------------------
// What the kernel's stack of one thread is guarded by, and changes hands with it: the canary of its functions, and the key that signs its
// return addresses (AArch64; half of one, see its secrets.h).
struct ThreadSecrets {
  u64 canary = 0, key = 0;
};
struct ThreadStacks {
  VirtAddr top;     // where the trap frame ends; the thread's own part begins below that frame
  VirtAddr shadow;  // where the shadow stack begins, which takes kShadowStackBytes (AArch64; zero elsewhere)
};
// Prepares `state` so that the first SwitchThread to it calls entry(argument) on these stacks.
void PrepareThread(ThreadState& state, const ThreadStacks& stacks, const ThreadSecrets& secrets, void (*entry)(void*),
                   void* argument);
// Other secrets for the current thread, from its next entry on. No function that is called by now may look at its canary when it ends:
// only those between the entries and OnReturnToUser, which have none.
void AdoptSecrets(const ThreadSecrets& secrets);
extern "C" {
// The current thread's canary, by the compiler's name for it.
extern u64 __stack_chk_guard;
// How far below its frame the stack of the next entry from the program begins: bytes, a multiple of 16.
extern u64 g_stack_offset;
}
// Saves this thread's kernel context and the program's vector and thread registers in `from`, continues `to`. The caller has
// made `to`'s page tables current.
void SwitchThread(ThreadState& from, ThreadState& to);
// Leaves the kernel with the registers in `frame`, which lies at the top of this thread's kernel stack.
[[noreturn]] void EnterUser(TrapFrame* frame);
// The program's vector state: size in bytes of a thread's area (ThreadState::fpu, 64-byte aligned), and its initial contents.
size_t FpuStateSize();
void InitFpuState(std::byte* area);
// The current thread's live registers to and from its area (signals, clone).
void SaveFpuState(std::byte* area);
void RestoreFpuState(const std::byte* area);
// The program's thread pointer (x86: FS base; AArch64: TPIDR_EL0) of the current thread.
u64 ThreadPointer();
void SetThreadPointer(u64 value);
// Gives `child`, which has not run yet, a copy of what the current thread owns of the machine: vector registers, thread pointers,
// tagged-address control. A thread pointer of its own replaces the copied one where `thread_pointer` is not null.
void CopyThreadState(ThreadState& child, const u64* thread_pointer);
// prctl(PR_SET_TAGGED_ADDR_CTRL) and its reading for the current thread, in Linux's bits: tagged pointers to system calls, MTE's
// checking mode, the tags IRG may draw. kInvalidArgument for bits the machine cannot do, and always where there is no such thing.
Result<u64> SetTaggedAddressControl(u64 control);
Result<u64> TaggedAddressControl();

// --- signals ---------------------------------------------------------------------------------------------------------------------
// Writes Linux's rt_sigframe for `frame` onto the program's stack at or below `stack_top` and points `frame` at the handler.
// `info` is the 128-byte siginfo_t, `mask` the mask to restore. Fails with kBadAddress when the stack cannot be written.
struct SignalDelivery {
  int signal = 0;
  u64 handler = 0, restorer = 0, flags = 0, mask = 0;  // SA_* flags; restorer as the program gave it, or the vDSO's
  u64 stack_top = 0;
  u64 alternate_base = 0, alternate_size = 0;  // the sigaltstack as it was, saved in uc_stack
  u32 alternate_flags = 0;
  Bytes info;
};
Result<void> PushSignalFrame(TrapFrame& frame, const SignalDelivery& delivery);
// Undoes it for rt_sigreturn: restores registers (sanitised: no privileged bit can be set), gives back the mask and uc_stack.
struct SignalReturn {
  u64 mask = 0;
  u64 alternate_base = 0, alternate_size = 0;
  u32 alternate_flags = 0;
};
Result<SignalReturn> PopSignalFrame(TrapFrame& frame);

// --- user memory -----------------------------------------------------------------------------------------------------------------
// Copies with the program's pages opened for this one routine (SMAP, PAN). A page that is absent is brought in by the fault
// handler; one that cannot be ends the copy. Both return the bytes NOT copied. The caller has checked the range is in user half.
size_t CopyFromUserRaw(void* to, u64 from, size_t bytes);
size_t CopyToUserRaw(u64 to, const void* from, size_t bytes);
size_t ZeroUserRaw(u64 to, size_t bytes);
// Atomic 32-bit operations on user memory; false when the address faults.
bool LoadUser32(u64 address, u32* value);
bool CompareExchangeUser32(u64 address, u32 expected, u32 desired, u32* found);

// --- ends ------------------------------------------------------------------------------------------------------------------------
// One character to the early console (x86: serial port 0x3f8; AArch64: the PL011 the device tree names), for panics only.
void EarlyConsoleWrite(std::string_view text);
[[noreturn]] void PowerOff();

// --- what the machine calls (implemented by the kernel, not by the port) -----------------------------------------------------------
enum class Access : u8 { kRead, kWrite, kExecute };
struct Fault {
  enum class Kind : u8 {
    kPage,        // absent or protected page: `address` (a data address without its tag), `access`, `present`
    kTagCheck,    // MTE: `address` with its tag bits
    kUndefined,   // illegal instruction
    kBreakpoint,  // int3, brk
    kSingleStep,
    kArithmetic,     // division by zero, overflow trap
    kFloatingPoint,  // SIMD or x87 exception; `code` is the FPE_* value
    kAlignment,
    kGeneral,       // x86 #GP: non-canonical address, privileged instruction
    kBranchTarget,  // BTI, IBT
    kPointerAuth,   // FPAC
    kCallTarget,    // the kernel's only: a call through a pointer to a function or an object of another type
    kMachineCheck,
  } kind;
  Access access = Access::kRead;
  bool present = false;       // kPage: the page is there but forbids the access
  bool asynchronous = false;  // kTagCheck
  u64 address = 0;
  u64 code = 0;  // the architecture's own error code, for the report
};
// From the program, interrupts off, frame at the top of the kernel stack. On return the port calls OnReturnToUser and leaves.
void OnSyscall(TrapFrame& frame);
void OnUserFault(TrapFrame& frame, const Fault& fault);
// A page fault on a user address from a copy routine: true when the page is now there and the access can be retried.
bool OnUserCopyFault(u64 address, Access access);
[[noreturn]] void OnKernelFault(const TrapFrame& frame, const Fault& fault);
void OnTimerInterrupt();
void OnDeviceInterrupt(u32 line);
// Last thing before every return to the program: preemption and signals, the stack of the next entry.
void OnReturnToUser(TrapFrame& frame);

}  // namespace caponier::arch
