// Vector registers across system calls that make the kernel draw, hash and idle: the program's are its own, and the kernel borrows them for
// its ciphers. Prints the same on Linux and on Caponier.
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

enum { REGISTERS = 16 };  // all of x86-64's; of AArch64's 32 the first and the last eight
typedef unsigned char vector[16];

// Loads all registers, makes the call, and stores them.
static long call_with(vector* registers, long number, long a, long b, long c) {
#if defined(__x86_64__)
  long result;
#define EACH(X) \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(n) "movups 16*" #n "(%[v]), %%xmm" #n "\n"
#define STORE(n) "movups %%xmm" #n ", 16*" #n "(%[v])\n"
  __asm__ volatile(EACH(LOAD) "syscall\n" EACH(STORE)
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), [v] "r"(registers)
                   : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                     "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return result;
#else
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
#define EACH(X) \
  X(0, 0) X(1, 1) X(2, 2) X(3, 3) X(4, 4) X(5, 5) X(6, 6) X(7, 7) X(8, 24) X(9, 25) X(10, 26) X(11, 27) X(12, 28) X(13, 29) X(14, 30) X(15, 31)
#define LOAD(n, r) "ldr q" #r ", [%[v], #16*" #n "]\n"
#define STORE(n, r) "str q" #r ", [%[v], #16*" #n "]\n"
  __asm__ volatile(EACH(LOAD) "svc #0\n" EACH(STORE)
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), [v] "r"(registers)
                   : "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
  return x0;
#endif
}

int main(void) {
  static vector before[REGISTERS], after[REGISTERS];
  static unsigned char drawn[8192];
  const struct timespec moment = {.tv_nsec = 3000000};
  int changed = 0, failed = 0;
  for (int round = 0; round < 300; round++) {
    for (int i = 0; i < REGISTERS; i++) memset(before[i], round + 16 * i + 1, sizeof(vector));
    memcpy(after, before, sizeof(before));
    const int kind = round % 3;
    const long result = kind == 0   ? call_with(after, SYS_getrandom, (long)drawn, 1 + round % 64, 0)
                        : kind == 1 ? call_with(after, SYS_getrandom, (long)drawn, sizeof(drawn), 0)
                                    : call_with(after, SYS_nanosleep, (long)&moment, 0, 0);
    if (result < 0) failed++;
    if (memcmp(before, after, sizeof(before)) != 0) changed++;
  }
  printf("%d calls failed, %d changed a vector register\n", failed, changed);
  return 0;
}
