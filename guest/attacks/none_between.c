// As write_then_run, with a moment in between in which the memory has no right at all.
#include "guest/attacks/crime.h"

int main(void) {
  char *code = Map(PROT_NONE);
  Need(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
  PutCode(code, kAnswer);
  Need(mprotect(code, PAGE, PROT_NONE) == 0, "mprotect");
  if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) != 0) Refused("mprotect of memory that was written");
  RunIt(code);
}
