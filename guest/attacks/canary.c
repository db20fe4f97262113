// Says the stack canary, as the C library drew it from AT_RANDOM, and AT_RANDOM's 16 bytes themselves. With `fixed`, a canary that never
// changes: what a measure of them must find.
#include <sys/auxv.h>

#include "guest/attacks/crime.h"

static uintptr_t Canary(void) {
  uintptr_t canary;
#if defined(__x86_64__)
  __asm__("mov %%fs:0x28, %0" : "=r"(canary));
#else
  extern uintptr_t __stack_chk_guard;
  canary = __stack_chk_guard;
#endif
  return canary;
}

int main(int count, char **arguments) {
  const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
  const int fixed = count > 1 && strcmp(arguments[1], "fixed") == 0;
  printf("canary %016lx\nrandom ", fixed ? 0xff0a0d0000000000 : Canary());
  for (int i = 0; i < 16; i++) printf("%02x", fixed ? 0 : random[i]);
  puts("");
}
