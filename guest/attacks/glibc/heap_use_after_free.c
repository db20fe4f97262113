// Writes to a heap block after its free, with the C library's heap.
#include "guest/attacks/crime.h"

int main(void) {
  volatile char *block = Launder(malloc(24));
  free((void *)(uintptr_t)block);
  Launder(malloc(100));
  block[8] = 1;
  Worked("a freed block was written");
}
