// How often a mapping stands where the program said it might, low and high. In the machine high ones are places of the machine's own drawing.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

static int Taken(uint64_t from) {
  int taken = 0;
  for (int i = 0; i < 100; i++) {
    char* const wanted = (char*)(from + (uint64_t)i * 0x200000);
    taken += mmap(wanted, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == wanted;
  }
  return taken;
}

int main(void) {
  printf("low %d, ", Taken(0x50000000));
  // Where Go has its heap, and Java.
  printf("high %d\n", Taken(0xc000000000) + Taken(0x800000000));
  return 0;
}
