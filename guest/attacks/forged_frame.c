// Returns from a signal that was taken, with one thing in the frame forged: `forged_frame WHAT`. What got through is looked at afterwards.
#include "guest/attacks/crime.h"

#include <signal.h>
#include <sys/ucontext.h>

static const char *what;
static int Is(const char *name) { return strcmp(what, name) == 0; }

#if defined(__x86_64__)
__attribute__((naked)) static void Land(void) { __asm__("mov (%rsp), %rax\n hlt"); }
static void Forge(ucontext_t *context) {
  greg_t *r = context->uc_mcontext.gregs;
  unsigned char *vector = (unsigned char *)context->uc_mcontext.fpregs;
  if (Is("harmless")) r[REG_RBX] = kAnswer, r[REG_EFL] |= 0x1;  // carry
  if (Is("iopl")) r[REG_EFL] |= 0x3000;
  if (Is("interrupts_off")) r[REG_EFL] &= ~0x200;
  if (Is("nested_task")) r[REG_EFL] |= 0x4000;
  if (Is("virtual_8086")) r[REG_EFL] |= 0x20000;
  if (Is("kernel_cs")) r[REG_CSGSFS] = (r[REG_CSGSFS] & ~0xffffll) | 0x08;
  if (Is("kernel_ss")) r[REG_CSGSFS] = (r[REG_CSGSFS] & 0x0000ffffffffffffll) | 0x10ll << 48;
  if (Is("null_cs")) r[REG_CSGSFS] &= ~0xffffll;
  if (Is("kernel_pc")) r[REG_RIP] = (greg_t)0xffff800000000000;
  if (Is("noncanonical_pc")) r[REG_RIP] = (greg_t)0x0000800000000000;
  if (Is("last_pc")) r[REG_RIP] = 0x00007ffffffffffe;
  if (Is("kernel_sp")) r[REG_RSP] = (greg_t)0xffff800000001000, r[REG_RIP] = (greg_t)Land;
  if (Is("noncanonical_sp")) r[REG_RSP] = (greg_t)0x0000900000000000, r[REG_RIP] = (greg_t)Land;
  if (Is("kernel_vectors")) context->uc_mcontext.fpregs = (void *)0xffff800000000000;
  if (Is("noncanonical_vectors")) context->uc_mcontext.fpregs = (void *)0x0000900000000000;
  if (Is("odd_vectors")) context->uc_mcontext.fpregs = (void *)(vector + 1);
  if (Is("mxcsr")) memset(vector + 24, 0xff, 4);
  if (Is("xstate_header")) memset(vector + 512, 0xff, 64);
  if (Is("xstate_size")) memset(vector + 464 + 16, 0xff, 4);
}
static uint64_t Flags(void) {
  uint64_t flags;
  __asm__ volatile("pushfq\n pop %0" : "=r"(flags));
  return flags;
}
static void Look(void) {
  uint64_t cs, ss;
  __asm__ volatile("mov %%cs, %0\n mov %%ss, %1" : "=r"(cs), "=r"(ss));
  if ((Flags() & 0x27000) != 0 || (Flags() & 0x200) == 0) Worked("a privileged flag");
  if ((cs & 3) != 3 || (ss & 3) != 3) Worked("a privileged selector");
}
#else
__attribute__((naked)) static void Land(void) { __asm__("ldr x0, [sp]\n brk #1"); }
static void Forge(ucontext_t *context) {
  mcontext_t *m = &context->uc_mcontext;
  uint32_t *records = (uint32_t *)(void *)((char *)m + 288);
  if (Is("harmless")) m->regs[19] = kAnswer, m->pstate |= 0x20000000;  // carry
  if (Is("el1")) m->pstate |= 0x5;
  if (Is("el2")) m->pstate |= 0x9;
  if (Is("masked")) m->pstate |= 0x3c0;
  if (Is("thirty_two_bits")) m->pstate |= 0x10;
  if (Is("illegal_state")) m->pstate |= 0x100000;
  if (Is("no_pan")) m->pstate |= 0x400000;
  if (Is("single_step")) m->pstate |= 0x200000;
  if (Is("kernel_pc")) m->pc = 0xffff000000000000;
  if (Is("noncanonical_pc")) m->pc = 0x00ff000000000000;
  if (Is("odd_pc")) m->pc |= 1;
  if (Is("kernel_sp")) m->sp = 0xffff000000001000, m->pc = (uintptr_t)Land;
  if (Is("no_vectors")) records[0] = 0, records[1] = 0;
  if (Is("record_size")) records[1] = 0xfffffff0;
  if (Is("record_zero")) records[1] = 0;
  if (Is("unknown_record")) records[0] = 0x12345678;
}
static void Look(void) {
  uint64_t level = 0;
  __asm__ volatile("mrs %0, nzcv" : "=r"(level));
  if ((level & 0xfffffff) != 0) Worked("a privileged flag");
}
#endif

static void OnSignal(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info;
  Forge(context);
}

int main(int count, char **arguments) {
  what = count > 1 ? arguments[1] : "harmless";
  const struct sigaction action = {.sa_sigaction = OnSignal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  const pid_t self = getpid();
  uint64_t kept;
#if defined(__x86_64__)
  register long r10 __asm__("r10") = 0;
  long number = 62;  // kill
  __asm__ volatile("xor %%ebx, %%ebx\n syscall\n mov %%rbx, %0" : "=r"(kept), "+a"(number) : "D"((long)self), "S"((long)SIGUSR1), "r"(r10) : "rbx", "rcx", "r11", "memory");
#else
  register long x0 __asm__("x0") = self, x1 __asm__("x1") = SIGUSR1, x8 __asm__("x8") = 129;  // kill
  __asm__ volatile("mov x19, #0\n svc #0\n mov %0, x19" : "=r"(kept), "+r"(x0) : "r"(x1), "r"(x8) : "x19", "memory");
#endif
  Look();
  if (Is("harmless") && kept == kAnswer) Worked("a register of the program's own");
  printf("harmless: %s\n", what);
}
