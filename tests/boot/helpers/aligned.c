// Variables that ask for more than a page's alignment stand where they ask to, in a program that may stand anywhere.
#include <stdint.h>
#include <stdio.h>
static _Alignas(1 << 18) char given = 1;
static _Alignas(1 << 21) char zero;
static int aligned(void* variable, uintptr_t alignment) {
  __asm__("" : "+r"(variable)); // the compiler believes that it is
  return (uintptr_t)variable % alignment == 0;
}
int main(void) {
  printf("%d %d\n", aligned(&given, 1 << 18), aligned(&zero, 1 << 21));
  return 7;
}
