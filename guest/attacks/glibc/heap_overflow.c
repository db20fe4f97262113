// Writes over the end of a heap block, with the C library's heap.
#include "guest/attacks/crime.h"

int main(void) {
  volatile char *block = Launder(malloc(24));
  Launder(malloc(24));
  block[32] = 1;
  Worked("a byte behind the block was written");
}
