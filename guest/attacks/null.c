// Uses a null pointer with an offset: read, write or run at ADDRESS (0). With `map`, memory is asked for there first.
//   null read|write|run [ADDRESS [map]]
#include "guest/attacks/crime.h"

int main(int count, char **arguments) {
  char *address = Launder((void *)(count > 2 ? strtoul(arguments[2], NULL, 0) : 0));
  if (count > 3) {
    const int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(PageOf(address), PAGE, PROT_READ | PROT_WRITE, fixed, -1, 0) == MAP_FAILED) Refused("mmap at that address");
  }
  switch (arguments[1][1]) {
    case 'e': (void)*(volatile char *)address; Worked("read");
    case 'r': *(volatile char *)address = 1; Worked("written");
    default: Run(address); Worked("run");
  }
}
