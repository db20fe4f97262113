// Under asynchronous tag checks, writes past the end of a block and then lets a secret go out: by itself (`write`), or by another thread, which
// has no checks, while this one computes on (`thread`). `open` as last argument: without checks.
#include "guest/attacks/crime.h"

#include <pthread.h>
#include <sys/prctl.h>

enum { kProtMte = 0x20, kTaggedPointers = 1, kAsynchronous = 1 << 2, kAllTags = 0xfffe << 3 };

static const char kSecret[] = "worked: the secret went out\n";
static volatile int waits, overflowed;

// A block of 16 bytes with tag 1, whose neighbour has tag 2.
static volatile char *MakeBlock(void) {
  const uintptr_t page = (uintptr_t)Map(PROT_READ | PROT_WRITE | kProtMte), block = page | (uintptr_t)1 << 56;
  __asm__ volatile(".arch_extension memtag\n stg %0, [%0]\n stg %1, [%1]" : : "r"(block), "r"((page + 16) | (uintptr_t)2 << 56) : "memory");
  return (volatile char *)block;
}
static _Noreturn void LetOut(void) {
  (void)!write(1, kSecret, sizeof(kSecret) - 1);
  _exit(kWorked);
}
static void *LetOutLater(void *unused) {
  (void)unused;
  Need(prctl(PR_SET_TAGGED_ADDR_CTRL, kTaggedPointers, 0, 0, 0) == 0, "prctl");
  waits = 1;
  while (!overflowed) usleep(1000);
  LetOut();
}

int main(int count, char **arguments) {
  const int checked = strcmp(arguments[count - 1], "open") != 0;
  if (checked) Need(prctl(PR_SET_TAGGED_ADDR_CTRL, kTaggedPointers | kAsynchronous | kAllTags, 0, 0, 0) == 0, "prctl");
  volatile char *block = MakeBlock();
  pthread_t thread;
  if (strcmp(arguments[1], "thread") == 0) {
    Need(pthread_create(&thread, NULL, LetOutLater, NULL) == 0, "pthread_create");
    while (!waits) usleep(1000);
  }
  // What follows the crime has its memory by now, and comes without a fault.
  (void)!write(1, "", 0);
  overflowed = 0;
  block[16] = 1;
  overflowed = 1;
  while (strcmp(arguments[1], "thread") == 0) continue;
  LetOut();
}
