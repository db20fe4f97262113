// Changes a private copy of a file's page, then makes that code.
#include "guest/attacks/crime.h"

int main(void) {
  char *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, MemoryFile(), 0);
  Need(code != MAP_FAILED, "mmap");
  PutCode(code, kAnswer);
  if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) != 0) Refused("mprotect of a changed copy");
  RunIt(code);
}
