// Replaces a signed return address by another one. `sign`: prints what signing a fixed address gives, for the keys to be compared between runs;
// `open`: an unsigned function's return address.
#include "guest/attacks/crime.h"

static _Noreturn void Elsewhere(void) { Worked("returned to where the attacker wanted"); }

__attribute__((noinline)) static void Return(uint64_t forged, int sign) {
  if (sign) {
    __asm__ volatile("paciasp\n mov x30, %0\n autiasp\n ret" : : "r"(forged) : "x30", "memory");
  } else {
    __asm__ volatile("mov x30, %0\n ret" : : "r"(forged) : "x30", "memory");
  }
}

int main(int count, char **arguments) {
  uint64_t address = 0x123456789000;
  __asm__(".arch_extension pauth\n paciza %0" : "+r"(address));
  if (count > 1 && strcmp(arguments[1], "sign") == 0) {
    printf("%llx\n", (unsigned long long)address);
    return 0;
  }
  Return((uintptr_t)Elsewhere, !Open(count, arguments));
}
