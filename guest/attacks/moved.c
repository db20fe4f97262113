// As write_then_run, with the memory moved in between.
#include "guest/attacks/crime.h"

int main(void) {
  char *code = Map(PROT_READ | PROT_WRITE);
  PutCode(code, kAnswer);
  char *room = Map(PROT_NONE);
  code = mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
  Need(code != MAP_FAILED, "mremap");
  if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) != 0) Refused("mprotect of moved memory");
  RunIt(code);
}
