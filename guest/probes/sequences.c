// Restartable sequences, rseq(2): threads count without atomic operations, each on its CPU's own counter. A sequence that lost the
// CPU half-way and was not restarted would lose a count. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

struct sequence_area {
  uint32_t cpu_id_start, cpu_id;
  uint64_t descriptor;
  uint32_t flags, padding[3];
} __attribute__((aligned(32)));

enum { kSignature = 0x53053053, kCpus = 1024, kThreads = 4, kRounds = 30000 };
static __thread struct sequence_area area;
static long counters[kCpus] __attribute__((aligned(64)));
static volatile long interruptions;

static int enter(int flags, uint32_t signature) {
  return (int)syscall(SYS_rseq, &area, sizeof(area), flags, signature);
}

// Adds 1 to this CPU's counter, slowly; false when the sequence was aborted.
static int add_one(void) {
#if defined(__x86_64__)
  __asm__ goto(
      ".pushsection __rseq_cs, \"aw\"\n .balign 32\n 3: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n .popsection\n"
      "leaq 3b(%%rip), %%rax\n movq %%rax, 8(%[area])\n"
      "1: movl 4(%[area]), %%eax\n movq (%[counters], %%rax, 8), %%rcx\n"
      "movl $300, %%edx\n 5: decl %%edx\n jnz 5b\n"
      "incq %%rcx\n movq %%rcx, (%[counters], %%rax, 8)\n 2:\n"
      ".pushsection __rseq_abort, \"ax\"\n .byte 0x0f, 0xb9, 0x3d\n .long 0x53053053\n 4: jmp %l[aborted]\n .popsection\n"
      :
      : [area] "r"(&area), [counters] "r"(counters)
      : "memory", "cc", "rax", "rcx", "rdx"
      : aborted);
#elif defined(__aarch64__)
  __asm__ goto(
      ".pushsection __rseq_cs, \"aw\"\n .balign 32\n 3: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n .popsection\n"
      "adrp x9, 3b\n add x9, x9, :lo12:3b\n str x9, [%[area], #8]\n"
      "1: ldr w9, [%[area], #4]\n ldr x10, [%[counters], x9, lsl #3]\n"
      "mov w11, #300\n 5: subs w11, w11, #1\n b.ne 5b\n"
      "add x10, x10, #1\n str x10, [%[counters], x9, lsl #3]\n 2:\n"
      "b 6f\n .long 0x53053053\n 4: b %l[aborted]\n 6:\n"
      :
      : [area] "r"(&area), [counters] "r"(counters)
      : "memory", "cc", "x9", "x10", "x11"
      : aborted);
#endif
  return 1;
aborted:
  return 0;
}

static void* count(void* argument) {
  if (enter(0, kSignature) != 0) printf("register: errno %d\n", errno);
  long done = 0, aborts = 0;
  while (done < kRounds) {
    if (add_one()) {
      done++;
    } else {
      aborts++;
    }
  }
  enter(1, kSignature);
  *(long*)argument = aborts;
  return 0;
}

static void interrupt(int signal) {
  (void)signal;
  interruptions++;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  struct itimerval often = {{0, 500}, {0, 500}};
  setitimer(ITIMER_REAL, &often, 0);
  pthread_t threads[kThreads];
  long aborts[kThreads], all_aborts = 0, sum = 0;
  for (int i = 0; i < kThreads; i++) pthread_create(&threads[i], 0, count, &aborts[i]);
  for (int i = 0; i < kThreads; i++) pthread_join(threads[i], 0), all_aborts += aborts[i];
  memset(&often, 0, sizeof(often));
  setitimer(ITIMER_REAL, &often, 0);
  for (int i = 0; i < kCpus; i++) sum += counters[i];
  printf("counted %ld of %d\n", sum, kThreads * kRounds);
  printf("some were aborted: %d, interrupted: %d\n", all_aborts > 0, interruptions > 0);
  printf("register: %d\n", enter(0, kSignature));
  errno = 0;
  int result = enter(0, kSignature);
  printf("again: %d errno %d\n", result, errno);
  result = enter(0, kSignature + 1);
  printf("another signature: %d errno %d\n", result, errno);
  result = enter(1, kSignature + 1);
  printf("unregister with it: %d errno %d\n", result, errno);
  result = enter(4, kSignature);
  printf("bad flags: %d errno %d\n", result, errno);
  printf("cpu known: %d\n", area.cpu_id == area.cpu_id_start);
  printf("unregister: %d\n", enter(1, kSignature));
  printf("cpu unknown: %d\n", (int)area.cpu_id);
  return 0;
}
