// Looks for what others left in memory: maps, fills and gives back memory of each kind again and again, and reads what it gets.
#include "guest/attacks/crime.h"

#include <sys/syscall.h>

enum { kBytes = 8 << 20, kRounds = 12, kPattern = 0xaa };

static size_t Count(const unsigned char *memory, size_t bytes, unsigned value) {
  size_t count = 0;
  for (size_t i = 0; i < bytes; i++) count += memory[i] == value;
  return count;
}

int main(void) {
  for (int round = 0; round < kRounds; round++) {
    unsigned char *memory;
    int file = -1;
    if (round % 3 == 2) {
      memory = (unsigned char *)syscall(SYS_brk, 0);
      Need((unsigned char *)syscall(SYS_brk, memory + kBytes) == memory + kBytes, "brk");
    } else {
      if (round % 3 == 1) file = memfd_create("leftovers", 0), Need(ftruncate(file, kBytes) == 0, "ftruncate");
      memory = mmap(NULL, kBytes, PROT_READ | PROT_WRITE, file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, file, 0);
    }
    Need(memory != MAP_FAILED, "memory");
    if (Count(memory, kBytes, 0) != kBytes) Worked("memory came with what another had left in it");
    memset(memory, kPattern, kBytes);
    Need(Count(memory, kBytes, kPattern) == kBytes, "the look itself");  // it does find what is there
    if (round % 3 == 2) {
      syscall(SYS_brk, memory);
    } else {
      munmap(memory, kBytes);
    }
    if (file >= 0) close(file);
  }
  printf("harmless: %d rounds of %d bytes\n", kRounds, kBytes);
}
