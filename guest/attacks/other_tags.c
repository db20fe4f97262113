// No crime: the program's memory has tags, its pointers others, and nothing says that this ends it. The kernel must do its part all the same:
// fill a buffer (`copy`, under asynchronous checks, which Linux does not make for its own accesses), change a futex (`futex`, without checks),
// copy a page of a file that is written (`private`). A handler is told where a mismatch was (`told`): with the tag only when it asks for that.
#include "guest/attacks/crime.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>

static sigjmp_buf before;
static volatile uintptr_t told;

static void Tell(int signal, siginfo_t *info, void *context) {
  (void)context;
  told = (uintptr_t)info->si_addr;
  siglongjmp(before, signal);
}

// The address of the fault that reading `at` makes, as a handler with `flags` sees it.
static uintptr_t Told(uintptr_t at, int flags) {
  struct sigaction action = {.sa_sigaction = Tell, .sa_flags = SA_SIGINFO | flags};
  Need(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  if (sigsetjmp(before, 1) == 0) *(volatile char *)at;
  return told;
}

enum { kProtMte = 0x20, kTaggedPointers = 1, kSynchronous = 1 << 1, kAsynchronous = 1 << 2, kExposeTagBits = 0x800, kAllTags = 0xfffe << 3, kWakeOp = 5, kSetSeven = 7 << 12 };  // FUTEX_OP(SET, 7, CMP_EQ, 0)

int main(int count, char **arguments) {
  const char *what = arguments[count - 1];
  const int check = strcmp(what, "copy") == 0 ? kAsynchronous | kAllTags : strcmp(what, "told") == 0 ? kSynchronous | kAllTags : 0;
  Need(prctl(PR_SET_TAGGED_ADDR_CTRL, kTaggedPointers | check, 0, 0, 0) == 0, "prctl");
  if (strcmp(what, "private") == 0) {
    const int file = MemoryFile();
    volatile char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    Need(page != MAP_FAILED && page[0] == 0, "mmap");
    Need(mprotect((void *)(uintptr_t)page, PAGE, PROT_READ | PROT_WRITE | kProtMte) == 0, "mprotect");
    page[0] = 1;
    Worked("a page with tags was copied");
  }
  const uintptr_t page = (uintptr_t)Map(PROT_READ | PROT_WRITE | kProtMte), word = page | (uintptr_t)1 << 56;
  __asm__ volatile(".arch_extension memtag\n stg %0, [%0]" : : "r"(page | (uintptr_t)2 << 56) : "memory");
  if (strcmp(what, "told") == 0) {
    Need(Told(word, 0) == page, "the address");
    Need(Told(word, kExposeTagBits) == word, "the address with its tag");
    Worked("both were told");
  }
  if (strcmp(what, "copy") == 0) {
    Need(syscall(SYS_getrandom, word, 16, 0) == 16, "getrandom");
    getppid();  // where a mismatch that the kernel left would be told
    Worked("the kernel wrote");
  }
  uint32_t other = 0;
  Need(syscall(SYS_futex, &other, kWakeOp, 1, (void *)1, word, kSetSeven) == 0, "futex");
  Need(*(volatile uint32_t *)word == 7, "the futex");
  Worked("the kernel changed the word");
}
