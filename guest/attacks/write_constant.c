// Writes to a constant.
#include "guest/attacks/crime.h"

static const char constant[3 * PAGE] = {'c'};

int main(int count, char **arguments) {
  volatile char *target = Launder(constant + PAGE);
  if (Open(count, arguments)) mprotect(PageOf((void *)(uintptr_t)target), PAGE, PROT_READ | PROT_WRITE);
  *target = 'x';
  if (*target == 'x') Worked("a constant changed");
}
