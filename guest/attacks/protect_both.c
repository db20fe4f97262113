// Adds execution to memory that can be written.
#include "guest/attacks/crime.h"

int main(void) {
  char *code = Map(PROT_READ | PROT_WRITE);
  if (mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) Refused("mprotect to write and execute");
  PutCode(code, kAnswer);
  RunIt(code);
}
