// Runs code in mapped memory.
#include "guest/attacks/crime.h"

int main(int count, char **arguments) {
  char *code = Map(PROT_READ | PROT_WRITE);
  PutCode(code, kAnswer);
  if (Open(count, arguments)) mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  RunIt(code);
}
