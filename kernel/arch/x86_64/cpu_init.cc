// Descriptor tables, control registers and the system call entry.
#include <new>

#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/features.h"
#include "kernel/arch/x86_64/msr.h"
#include "kernel/arch/x86_64/percpu.h"
#include "kernel/mm/kernel_space.h"

extern "C" {
extern std::byte VectorTable[];
void SyscallEntry();
}

namespace caponier::arch {

// Constant after stage 1, so it lies where nobody writes from then on.
[[gnu::section(".data.rel.ro")]] bool g_five_levels;

namespace {

constexpr u32 kVectors = 80, kVectorStubBytes = 16;
constexpr u16 kTaskSelector = 0x30;
constexpr u64 kCr4FiveLevels = u64{1} << 12;

struct Gate {  // [intel-sdm] vol. 3A 6.14.1
  u16 offset_low, selector;
  u8 stack, type;
  u16 offset_middle;
  u32 offset_high, reserved;
};
static_assert(sizeof(Gate) == 16);

// The tables share a region of their own. They are written once, here, then mapped read-only for good.
struct DescriptorTables {
  Gate gates[256];
  u64 segments[8];
};

struct [[gnu::packed]] TablePointer {
  u16 limit;
  u64 base;
};

Gate MakeGate(u32 vector) {
  const u64 handler = reinterpret_cast<u64>(VectorTable) + vector * kVectorStubBytes;
  // Double fault, NMI and machine check have stacks of their own; int3 may come from ring 3.
  const u8 stack = vector == 8 ? 1 : (vector == 2 ? 2 : (vector == 18 ? 3 : 0));
  const u8 type = vector == 3 ? 0xee : 0x8e;
  return {static_cast<u16>(handler),
          kKernelCodeSelector,
          stack,
          type,
          static_cast<u16>(handler >> 16),
          static_cast<u32>(handler >> 32),
          0};
}

void LoadTables(DescriptorTables& tables, const TaskState& task_state) {
  for (u32 i = 0; i < kVectors; i++) tables.gates[i] = MakeGate(i);
  const u64 task = reinterpret_cast<u64>(&task_state);
  const u64 segments[8] = {0,
                           0x00af9b000000ffff,  // 0x08 kernel code
                           0x00cf93000000ffff,  // 0x10 kernel data
                           0,                   // 0x18 where sysret to 32-bit code would look
                           0x00cff3000000ffff,  // 0x20 program data
                           0x00affb000000ffff,  // 0x28 program code
                           (task & 0xffffff) << 16 | 0x0000'8900'0000'0067 | (task >> 24 & 0xff) << 56,
                           task >> 32};
  __builtin_memcpy(tables.segments, segments, sizeof(segments));
  const TablePointer gdt{sizeof(tables.segments) - 1, reinterpret_cast<u64>(tables.segments)};
  const TablePointer idt{sizeof(tables.gates) - 1, reinterpret_cast<u64>(tables.gates)};
  asm volatile("lgdt %0; lidt %1" ::"m"(gdt), "m"(idt) : "memory");
  asm volatile(
      "pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
      "movl %k1, %%ss; xorl %%eax, %%eax; movl %%eax, %%ds; movl %%eax, %%es; movl %%eax, %%fs; movl %%eax, %%gs" ::"i"(
          kKernelCodeSelector),
      "r"(kKernelDataSelector)
      : "rax", "memory");
  asm volatile("ltr %0" ::"r"(kTaskSelector));
}

void SetInterruptStack(TaskState& task_state, int index, const char* name) {
  const Result<mm::KernelRegion> stack = mm::MapRegion(name, 2 * kPageSize);
  if (!stack.ok()) __builtin_trap();
  task_state.ist[index] = stack.value().end();
}

}  // namespace

void PrepareCpu() {
  const CpuFeatures& f = Features();
  u64 cr4;
  asm volatile("mov %%cr4, %0" : "=r"(cr4));
  g_five_levels = (cr4 & kCr4FiveLevels) != 0;  // entry.S turned it on, where the CPU has it
  cr4 |= u64{1} << 9 | u64{1} << 10;            // OSFXSR, OSXMMEXCPT
  if (f.umip) cr4 |= u64{1} << 11;
  if (f.fsgsbase) cr4 |= u64{1} << 16;
  if (f.xsave) cr4 |= u64{1} << 18;
  if (f.smep) cr4 |= u64{1} << 20;
  if (f.smap) cr4 |= u64{1} << 21;
  asm volatile("mov %0, %%cr4" ::"r"(cr4));
  u64 cr0;
  asm volatile("mov %%cr0, %0" : "=r"(cr0));
  cr0 = (cr0 & ~u64{0xc}) | 0x10022;  // WP, NE, MP; no EM, no TS
  asm volatile("mov %0, %%cr0" ::"r"(cr0));
  if (f.xsave) {
    u64 components = 3;  // x87, SSE
    if (f.avx) components |= 4;
    if (f.avx && f.avx512) components |= 0xe0;
    const CpuidResult supported = Cpuid(0xd);
    components &= u64{supported.edx} << 32 | supported.eax;
    asm volatile("xsetbv" ::"c"(0), "a"(static_cast<u32>(components)), "d"(static_cast<u32>(components >> 32)));
  }
}

void AllowWritableCode() {}  // page tables alone decide

void InitCpu() {
  const Result<mm::KernelRegion> region = mm::MapRegion("descriptor tables", sizeof(DescriptorTables));
  const Result<mm::KernelRegion> own = mm::MapRegion("per-CPU data", sizeof(PerCpu));
  if (!region.ok() || !own.ok()) __builtin_trap();
  auto& per_cpu = *new (own.value().data()) PerCpu;
  per_cpu.task.io_map = sizeof(TaskState);
  SetInterruptStack(per_cpu.task, 0, "double fault stack");
  SetInterruptStack(per_cpu.task, 1, "NMI stack");
  SetInterruptStack(per_cpu.task, 2, "machine check stack");
  LoadTables(*reinterpret_cast<DescriptorTables*>(region.value().begin), per_cpu.task);
  mm::MakeReadOnly(region.value());
  WriteMsr(kMsrGsBase, reinterpret_cast<u64>(&per_cpu));
  WriteMsr(kMsrKernelGsBase, 0);
  WriteMsr(kMsrStar, u64{0x18 | 3} << 48 | u64{kKernelCodeSelector} << 32);
  WriteMsr(kMsrLstar, reinterpret_cast<u64>(&SyscallEntry));
  WriteMsr(kMsrSfmask, 0x47700);              // cleared on entry: AC, NT, IOPL, DF, IF, TF
  WriteMsr(kMsrEfer, ReadMsr(kMsrEfer) | 1);  // SYSCALL enabled
}

}  // namespace caponier::arch
