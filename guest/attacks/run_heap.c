// Runs code in the heap.
#include "guest/attacks/crime.h"

int main(int count, char **arguments) {
  char *code = (char *)PageOf(malloc(3 * PAGE)) + PAGE;
  PutCode(code, kAnswer);
  if (Open(count, arguments)) mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  RunIt(code);
}
