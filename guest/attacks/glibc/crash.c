// Crashes inside the C library, three calls deep: qsort's comparison hands strlen a null pointer.
#include "guest/attacks/crime.h"

__attribute__((noinline)) static int Compare(const void *a, const void *b) { return (int)(strlen(Launder(NULL)) + (size_t)a + (size_t)b); }

int main(void) {
  int numbers[] = {2, 1};
  qsort(numbers, 2, sizeof(*numbers), Compare);
}
