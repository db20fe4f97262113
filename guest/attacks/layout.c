// Knows one address of an earlier run. `layout` prints where the secret stands, and the other regions; `layout ADDRESS` reads it there;
// `layout jump ADDRESS` runs the function there.
#include "guest/attacks/crime.h"

#include <sys/auxv.h>

static char secret[] = "the secret";
__attribute__((noinline, used)) static int Forbidden(void) { Worked("the function at the known address ran"); }

int main(int count, char **arguments) {
  char local = 0;
  if (count > 2) return Run((void *)strtoul(arguments[2], NULL, 0));
  if (count > 1) {
    if (strcmp(Launder((void *)strtoul(arguments[1], NULL, 0)), secret) == 0) Worked("the secret stood at the known address");
    return 1;
  }
  char *page = Map(PROT_READ), *next = Map(PROT_READ);
  printf("secret %p\nfunction %p\nstack %p\nbreak %p\nmapping %p\nnext %p\nvdso %#lx\n", (void *)secret, (void *)(uintptr_t)Forbidden, &local,
         sbrk(0), page, next, getauxval(AT_SYSINFO_EHDR));
}
