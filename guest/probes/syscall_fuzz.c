// Makes COUNT system calls with random numbers and arguments from SEED. The kernel must survive; what the calls do to this program is
// its own affair, so those that would end it, stop it for good, or take its memory away are left out.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static uint64_t state[2];
static char *memory;
static sigjmp_buf again;

// xorshift128+: any generator will do, as long as a seed repeats its run.
static uint64_t Random(void) {
  uint64_t a = state[0], b = state[1];
  state[0] = b;
  a ^= a << 23;
  state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
  return state[1] + b;
}

static uint64_t Argument(void) {
  switch (Random() % 12) {
    case 0:
      return 0;
    case 1:
      return Random() % 8;
    case 2:
      return Random() % 4096;
    case 3:
      return (uint64_t)memory + Random() % 65536;
    case 4:
      return (uint64_t)memory + Random() % 16 * 4096;
    case 5:
      return Random();
    case 6:
      return ~0ull - Random() % 16;
    case 7:
      return 0xffff800000000000ull + (Random() & 0x7fffffffffffull);
    case 8:
      return 1ull << (Random() % 64);
    case 9:
      return 0x7ffffffff000ull - Random() % 8192;
    case 10:
      return (uint32_t)Random();
    default:
      return Random() % 64;
  }
}

static const short kLeftOut[] = {
    SYS_exit,        SYS_exit_group,     SYS_rt_sigreturn, SYS_kill,         SYS_tkill,       SYS_tgkill,   SYS_rt_sigqueueinfo,
    SYS_reboot,      SYS_rt_tgsigqueueinfo, SYS_clone,     SYS_clone3,       SYS_execve,      SYS_execveat, SYS_rt_sigprocmask,
    SYS_rt_sigaction, SYS_sigaltstack,   SYS_munmap,       SYS_mremap,       SYS_mprotect,    SYS_brk,      SYS_rt_sigsuspend,
    SYS_setitimer,   SYS_prlimit64,      SYS_close_range,  SYS_set_robust_list, SYS_rseq,     SYS_prctl,
#ifdef SYS_fork
    SYS_fork,        SYS_vfork,          SYS_alarm,        SYS_arch_prctl,   SYS_setrlimit,
#endif
};

static int IsLeftOut(uint64_t number) {
  for (size_t i = 0; i < sizeof(kLeftOut) / sizeof(*kLeftOut); i++) {
    if (number == (uint64_t)kLeftOut[i]) return 1;
  }
  return 0;
}

// An alarm only interrupts what blocks; anything else a call brought about starts the loop again.
static void OnSignal(int signal) {
  if (signal != SIGALRM) siglongjmp(again, 1);
}

int main(int count, char **arguments) {
  state[0] = count > 1 ? strtoull(arguments[1], NULL, 0) : 1;
  state[1] = 0x9e3779b97f4a7c15;
  const long calls = count > 2 ? atol(arguments[2]) : 100000;
  memory = mmap(NULL, 1 << 17, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaltstack(&stack, NULL);
  const struct sigaction action = {.sa_handler = OnSignal, .sa_flags = SA_ONSTACK | SA_NODEFER};
  for (int signal = 1; signal < 32; signal++) sigaction(signal, &action, NULL);
  const struct itimerval every = {{0, 20000}, {0, 20000}};
  static volatile long made;
  sigsetjmp(again, 1);
  setitimer(ITIMER_REAL, &every, NULL);
  while (made < calls) {
    made++;
    if (made % 64 == 0) syscall(SYS_close_range, 3, ~0u, 0);
    const uint64_t number = Random() % 200 == 0 ? Random() : Random() % 470;
    if (IsLeftOut(number)) continue;
    uint64_t a = Argument(), b = Argument(), c = Argument(), d = Argument(), e = Argument(), f = Argument();
    if (a < 3) a += 100;                             // the standard streams stay ours
    if (number == SYS_mmap) d |= MAP_ANONYMOUS, d &= ~(uint64_t)MAP_FIXED, b %= 1 << 20;
    if (number == SYS_shmat) c &= ~(uint64_t)SHM_REMAP;
    if (number == SYS_madvise) a = (uint64_t)memory, c %= 4;
    syscall((long)number, a, b, c, d, e, f);
  }
  dprintf(1, "made %ld calls\n", made);
  _exit(0);
}
