// Writes to the vDSO's code, whose pages the kernel has too.
#include <sys/auxv.h>

#include "guest/attacks/crime.h"

int main(int count, char **arguments) {
  volatile char *target = Launder((void *)getauxval(AT_SYSINFO_EHDR));
  if (Open(count, arguments) && mprotect(PageOf((void *)(uintptr_t)target), PAGE, PROT_READ | PROT_WRITE) != 0)
    Refused("mprotect of the vDSO");
  *target = 'x';
  if (*target == 'x') Worked("the vDSO changed");
}
