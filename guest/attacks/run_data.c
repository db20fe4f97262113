// Runs code in a global variable.
#include "guest/attacks/crime.h"

static char data[3 * PAGE] = {1};

int main(int count, char **arguments) {
  char *code = (char *)PageOf(Launder(data)) + PAGE;
  PutCode(code, kAnswer);
  if (Open(count, arguments)) mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  RunIt(code);
}
