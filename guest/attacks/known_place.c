// Knows where something of an earlier run stood: `known_place tell REGION 0x0000000000000000` says where a secret stands in that region,
// `known_place read REGION ADDRESS` reads it there. The words are as long both times, since the stack begins below them.
#include <sys/auxv.h>

#include "guest/attacks/crime.h"

static const char secret[] = "the secret";

int main(int count, char **arguments) {
  Need(count == 4 && strlen(arguments[3]) == 18, "arguments");
  char local[sizeof(secret)], *heap = GrowBreak(), *mapping = Map(PROT_READ | PROT_WRITE);
  memcpy(Launder(local), secret, sizeof(secret));
  memcpy(heap, secret, sizeof(secret));
  memcpy(mapping, secret, sizeof(secret));
  const char *region = arguments[2], *expected = secret;
  const void *place = secret;
  if (strcmp(region, "stack") == 0) place = local;
  if (strcmp(region, "heap") == 0) place = heap;
  if (strcmp(region, "mapping") == 0) place = mapping;
  if (strcmp(region, "vdso") == 0) {
    place = (void *)getauxval(AT_SYSINFO_EHDR);
    expected = "\177ELF\2\1\1";
  }
  if (strcmp(arguments[1], "tell") == 0) {
    printf("%#018lx\n", (unsigned long)place);
    return 0;
  }
  const char *known = Launder((void *)strtoul(arguments[3], NULL, 0));
  if (strncmp(known, expected, strlen(expected)) == 0) Worked("the secret stood at the known address");
  return 1;
}
