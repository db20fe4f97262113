// Runs code on the stack.
#include "guest/attacks/crime.h"

int main(int count, char **arguments) {
  char buffer[3 * PAGE];
  char *code = (char *)PageOf(Launder(buffer)) + PAGE;
  PutCode(code, kAnswer);
  if (Open(count, arguments)) mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  RunIt(code);
}
