// Writes code into fresh memory, then makes that code, as a just-in-time compiler does.
#include "guest/attacks/crime.h"

int main(void) {
  char *code = Map(PROT_READ | PROT_WRITE);
  PutCode(code, kAnswer);
  if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) != 0) Refused("mprotect of written memory");
  RunIt(code);
}
