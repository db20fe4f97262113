// Writes on and on, upward from the end of a region: of a mapping, of the image's data, of the break. With `open`, what lies behind the
// break is mapped first.
#include "guest/attacks/crime.h"

static volatile char data[PAGE];
extern char _end[];

int main(int count, char **arguments) {
  Need(count > 1, "arguments");
  volatile char *from = data, *neighbour = NULL;
  switch (arguments[1][0]) {
    case 'm':
      neighbour = Map(PROT_READ | PROT_WRITE);
      from = Map(PROT_READ | PROT_WRITE);
      break;
    case 'i':
      neighbour = GrowBreak();
      from = _end;
      break;
    case 'b':
      from = GrowBreak() + PAGE - 1;
      if (!Open(count - 1, arguments + 1)) break;
      neighbour = from + 1;
      Need(mmap((void *)(uintptr_t)neighbour, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
               MAP_FAILED,
           "mmap");
      break;
  }
  for (volatile char *at = from;; at++) {
    *at = 'x';
    if (at == neighbour) Worked("the next region was written");
  }
}
