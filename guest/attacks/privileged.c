// Executes one instruction that is the kernel's: `privileged NAME`. Without a name, prints those there are for this machine.
#include "guest/attacks/crime.h"

#define INSTRUCTION(name, text) \
  static void name(void) { __asm__ volatile(text : : : "memory", "cc", REGISTERS); }
#if defined(__x86_64__)
#define REGISTERS "rax", "rcx", "rdx"
#define MEMORY "sub $256, %%rsp\n"
#define INSTRUCTIONS(X)                                                                                                             \
  X(cli, "cli") X(sti, "sti") X(hlt, "hlt") X(in, "in $0x60, %%al") X(out, "mov $0, %%al\n out %%al, $0xf4")                         \
  X(read_cr0, "mov %%cr0, %%rax") X(write_cr4, "mov %%rax, %%cr4") X(read_dr7, "mov %%dr7, %%rax")                                    \
  X(rdmsr, "mov $0xc0000082, %%ecx\n rdmsr") X(wrmsr, "mov $0xc0000082, %%ecx\n wrmsr") X(lgdt, "lgdt -64(%%rsp)") X(lidt, "lidt -64(%%rsp)") \
  X(ltr, "mov $0x30, %%eax\n ltr %%ax") X(invlpg, "invlpg (%%rsp)") X(wbinvd, "wbinvd") X(clts, "clts") X(swapgs, "swapgs")          \
  X(sysret, "sysretq") X(xsetbv, "xor %%ecx, %%ecx\n xor %%edx, %%edx\n mov $7, %%eax\n xsetbv") X(stac, "stac") X(rdpmc, "xor %%ecx, %%ecx\n rdpmc") \
  X(sgdt, "sgdt -64(%%rsp)") X(sidt, "sidt -64(%%rsp)") X(sldt, "sldt %%eax") X(smsw, "smsw %%rax") X(str, "str %%eax")              \
  X(harmless, "rdtsc")
#else
#define REGISTERS "x0", "x1"
#define INSTRUCTIONS(X)                                                                                                             \
  X(daifset, "msr daifset, #2") X(daifclr, "msr daifclr, #2") X(read_ttbr1, "mrs x0, ttbr1_el1") X(read_vbar, "mrs x0, vbar_el1")    \
  X(read_sctlr, "mrs x0, sctlr_el1") X(write_sctlr, "msr sctlr_el1, x0") X(write_ttbr0, "msr ttbr0_el1, x0") X(read_tcr, "mrs x0, tcr_el1") \
  X(read_elr, "mrs x0, elr_el1") X(spsel, "msr spsel, #1") X(pan, ".inst 0xd500409f") X(tlbi, "tlbi vmalle1") X(at, "at s1e1r, x0")  \
  X(ic_all, "ic iallu") X(dc_sets, "dc isw, x0") X(eret, "eret") X(hvc, "hvc #0") X(smc, "smc #0") X(read_counters, "mrs x0, pmccntr_el0") \
  X(counter_access, "msr pmuserenr_el0, x0") X(debug_control, "mrs x0, mdscr_el1") X(set_timer, "msr cntp_cval_el0, x0")              \
  X(read_timer, "mrs x0, cntp_ctl_el0") X(read_key, "mrs x0, s3_0_c2_c1_0") X(tag_control, "mrs x0, s3_0_c1_c0_6") X(harmless, "mrs x0, cntvct_el0")
#endif

INSTRUCTIONS(INSTRUCTION)
#define ENTRY(name, text) {#name, name},
static const struct {
  const char *name;
  void (*execute)(void);
} instructions[] = {INSTRUCTIONS(ENTRY)};

int main(int count, char **arguments) {
  for (size_t i = 0; i < sizeof(instructions) / sizeof(*instructions); i++) {
    if (count < 2) {
      printf("%s\n", instructions[i].name);
    } else if (strcmp(arguments[1], instructions[i].name) == 0) {
      instructions[i].execute();
      Worked(arguments[1]);
    }
  }
}
