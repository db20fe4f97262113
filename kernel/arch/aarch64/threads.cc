// Threads: kernel contexts, and the program's registers that no trap frame holds. Vector registers change hands at every switch
// between threads of the program; the kernel never touches them, so between switches they stay in the processor.
#include "kernel/arch/aarch64/threads.h"

#include "kernel/arch/aarch64/asm.inc"
#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/aarch64/secrets.h"
#include "kernel/arch/aarch64/tagging.h"

extern "C" {
void SwitchContext(caponier::arch::ThreadState* from, const caponier::arch::ThreadState* to);
void StartThread();
void StoreVectors(std::byte* area);
void LoadVectors(const std::byte* area);
[[noreturn]] void EnterUserAsm(caponier::arch::TrapFrame* frame);
size_t CopyFromUserAsm(void* to, caponier::u64 from, size_t bytes);
size_t CopyToUserAsm(caponier::u64 to, const void* from, size_t bytes);
size_t ZeroUserAsm(caponier::u64 to, caponier::u64 unused, size_t bytes);
bool LoadUser32Asm(caponier::u64 address, caponier::u32* value);
bool CompareExchangeUser32Asm(caponier::u64 address, caponier::u32 expected, caponier::u32 desired, caponier::u32* found);
}

namespace caponier::arch {
namespace {

// What SwitchContext leaves on a stack: x19 to x30, and the stack's own secrets.
struct SavedContext {
  u64 x19, x20, x21_to_28[8], x29, x30;
  ThreadSecrets secrets;
};
static_assert(sizeof(SavedContext) == 112);
static_assert(offsetof(ThreadState, kernel_sp) == THREAD_STACKS && offsetof(ThreadState, shadow_sp) == THREAD_STACKS + 8 &&
              offsetof(ThreadState, shadow_stack) == THREAD_SHADOW_STACK);

constexpr size_t kVectorBytes = 32 * 16 + 2 * 4;  // v0 to v31, FPSR, FPCR

ThreadState g_boot_state;
ThreadState* g_current = &g_boot_state;

// `address` signed for a stack pointer, as PACIASP would with that key; unchanged where the processor cannot.
u64 SignReturn(u64 address, u64 stack_pointer, u64 key) {
  if (!CpuFeatures().address_auth) return address;
  register u64 x17 asm("x17") = address;
  register u64 x16 asm("x16") = stack_pointer;
  asm volatile("msr s3_0_c2_c1_0, %[key]; isb; hint #8; msr s3_0_c2_c1_0, %[own]; isb"  // PACIA1716
               : "+r"(x17)
               : "r"(x16), [key] "r"(key), [own] "r"(g_kernel_key));
  return x17;
}

}  // namespace

ThreadState& CurrentState() { return *g_current; }

void PrepareThread(ThreadState& state, const ThreadStacks& stacks, const ThreadSecrets& secrets, void (*entry)(void*),
                   void* argument) {
  // The trap frame keeps its place at the very top.
  const u64 sp = stacks.top.value - sizeof(TrapFrame);
  auto* context = reinterpret_cast<SavedContext*>(sp - sizeof(SavedContext));
  *context = {};
  context->x19 = reinterpret_cast<u64>(entry);
  context->x20 = reinterpret_cast<u64>(argument);
  context->x30 = SignReturn(reinterpret_cast<u64>(&StartThread), sp, secrets.key);
  context->secrets = secrets;
  state.kernel_sp = reinterpret_cast<u64>(context);
  state.kernel_stack_top = stacks.top.value;
  state.shadow_sp = state.shadow_stack = stacks.shadow.value;
}

// The key in use stays until the program's comes in; what is signed from the next entry on is signed with the new one.
[[gnu::no_stack_protector]] void AdoptSecrets(const ThreadSecrets& secrets) {
  __stack_chk_guard = secrets.canary;
  g_kernel_key = secrets.key;
}

void CopyThreadState(ThreadState& child, const u64* thread_pointer) {
  StoreVectors(child.fpu);
  child.thread_pointer = thread_pointer != nullptr ? *thread_pointer : ThreadPointer();
  child.tagged_address_control = g_current->tagged_address_control;
}

void SwitchThread(ThreadState& from, ThreadState& to) {
  from.thread_pointer = ThreadPointer();
  if (from.fpu != nullptr) StoreVectors(from.fpu);
  if (to.fpu != nullptr) LoadVectors(to.fpu);
  SetThreadPointer(to.thread_pointer);
  if (to.tagged_address_control != g_current->tagged_address_control) ApplyTaggedAddressControl(to.tagged_address_control);
  g_current = &to;
  SwitchContext(&from, &to);
}

void EnterUser(TrapFrame* frame) { EnterUserAsm(frame); }

size_t FpuStateSize() { return AlignUp(kVectorBytes, 16); }
void InitFpuState(std::byte* area) { __builtin_memset(area, 0, FpuStateSize()); }
void SaveFpuState(std::byte* area) { StoreVectors(area); }
void RestoreFpuState(const std::byte* area) { LoadVectors(area); }

u64 ThreadPointer() { return CAPONIER_READ("tpidr_el0"); }
void SetThreadPointer(u64 value) { CAPONIER_WRITE("tpidr_el0", value); }

size_t CopyFromUserRaw(void* to, u64 from, size_t bytes) {
  const DropLatched drop(g_tag_latching.loads);
  return CopyFromUserAsm(to, from, bytes);
}
size_t CopyToUserRaw(u64 to, const void* from, size_t bytes) {
  const DropLatched drop(g_tag_latching.stores);
  return CopyToUserAsm(to, from, bytes);
}
size_t ZeroUserRaw(u64 to, size_t bytes) {
  const DropLatched drop(g_tag_latching.stores);
  return ZeroUserAsm(to, 0, bytes);
}
bool LoadUser32(u64 address, u32* value) {
  const DropLatched drop(g_tag_latching.loads);
  return LoadUser32Asm(address, value);
}
bool CompareExchangeUser32(u64 address, u32 expected, u32 desired, u32* found) {
  return CompareExchangeUser32Asm(address, expected, desired, found);
}

}  // namespace caponier::arch
