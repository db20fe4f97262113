// Has x18, where the kernel keeps its shadow stack, name memory of the program's own, and enters the kernel by a system call, a fault and an
// interrupt. A kernel that took the register over would write its return addresses there, to be seen and changed. The program's x18 is its own.
#include "guest/attacks/crime.h"

#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t rang;
static void Ring(int unused) {
  (void)unused;
  rang = 1;
}
static _Alignas(PAGE) unsigned char fresh_page[PAGE];

int main(void) {
  static uint64_t shadow[1024];
  uint64_t before = (uintptr_t)&shadow[512], after;
  signal(SIGALRM, Ring);
  setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 5000}, NULL);
  register uint64_t number __asm__("x8") = SYS_getppid;
  __asm__ volatile(
      "mov x18, %[before]\n svc #0\n str xzr, [%[page]]\n"
      "1: ldr w1, [%[rang]]\n cbz w1, 1b\n mov %[after], x18"
      : [after] "=&r"(after)
      : [before] "r"(before), [page] "r"(fresh_page), [rang] "r"(&rang), "r"(number)
      : "x0", "x1", "x18", "memory");
  Need(after == before, "x18 is what it was");
  for (int i = 0; i < 1024; i++) {
    if (shadow[i] != 0) Worked("the kernel's return addresses are in the program's memory");
  }
  errno = 0;
  Refused("the kernel has a shadow stack of its own");
}
