// Waits for a debugger that knows what no program does: where the kernel is. It finds the box by a register, fills it in and lets the program go
// on: to commit the crime itself, or into the kernel by a system call, where the debugger commits one in the kernel's name.
#include "guest/attacks/crime.h"

#include <pthread.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/utsname.h>

enum Errand { kRead = 1, kWrite, kExecute, kGetPid, kUname, kInput, kPrivileged, kTwoThreads, kTimer, kFreshPage, kSleep, kThreadsInTurn };

// The debugger knows the offsets.
static volatile struct {
  uint64_t errand, address, worked;
  uint64_t function, buffer;  // of the program, for the kernel to misuse
  uint64_t value;
} box;
static volatile uint64_t buffer = 0x0123456789abcdef;

// What the kernel would run if it ran the program's code.
__attribute__((noinline, used)) static uint64_t Payload(void) {
  uint64_t state;
#if defined(__x86_64__)
  __asm__ volatile("mov %%cr0, %0" : "=r"(state));
#else
  __asm__ volatile("mrs %0, sctlr_el1" : "=r"(state));
#endif
  return state;
}

static void *MakeCalls(void *unused) {
  for (int i = 0; i < 20; i++) getppid();
  return unused;
}

static volatile sig_atomic_t rang;
static void Ring(int unused) {
  (void)unused;
  rang = 1;
}
static _Alignas(4096) unsigned char fresh_page[4096];

int main(void) {
  box.function = (uintptr_t)Payload;
  box.buffer = (uintptr_t)&buffer;
  printf("ready\n");
  fflush(stdout);
#if defined(__x86_64__)
  __asm__ volatile("mov $0xca90b0c5, %%ebx\n1: pause\n cmpq $0, (%0)\n je 1b" : : "D"(&box) : "rbx", "memory", "cc");
#else
  register volatile void *at __asm__("x0") = &box;
  __asm__ volatile("mov x1, #0xb0c5\n movk x1, #0xca90, lsl #16\n1: yield\n ldr x2, [%0]\n cbz x2, 1b" : : "r"(at) : "x1", "x2", "memory");
#endif
  struct utsname name;
  char input[64];
  pthread_t thread;
  switch (box.errand) {
    case kRead: box.value = *(volatile uint64_t *)box.address, box.worked = 1; break;
    case kWrite: *(volatile uint64_t *)box.address = 1, box.worked = 1; break;
    case kExecute: Run((void *)box.address), box.worked = 1; break;
    case kGetPid: getppid(); break;
    case kUname: uname(&name); break;
    case kInput: (void)!read(0, input, sizeof(input)); break;
    case kTwoThreads:
      pthread_create(&thread, NULL, MakeCalls, NULL);
      MakeCalls(NULL);
      pthread_join(thread, NULL);
      break;
    case kThreadsInTurn:
      for (int i = 0; i < 4; i++) {
        pthread_create(&thread, NULL, MakeCalls, NULL);
        pthread_join(thread, NULL);
      }
      break;
    case kTimer:
      signal(SIGALRM, Ring);
      setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 20000}, NULL);
      while (!rang) continue;
      break;
    case kSleep: usleep(20000); break;
    case kFreshPage: (void)!getrandom(fresh_page, sizeof(fresh_page), 0); break;
#if defined(__x86_64__)
    case kPrivileged:
      __asm__ volatile("cli; sti; inb $0x61, %%al" : : : "rax");
      box.worked = 1;
      break;
#endif
  }
  if (box.worked) Worked("the kernel's memory was used");
  printf("still here\n");
}
