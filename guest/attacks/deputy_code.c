// Has the kernel write over the program's code: read(2) from a pipe, straight into it.
#include "guest/attacks/crime.h"

VICTIM_PAGE;

int main(int count, char **arguments) {
  int ends[2];
  char code[16];
  PutCode(code, kAnswer);
  Need(pipe(ends) == 0 && write(ends[1], code, sizeof(code)) == sizeof(code), "pipe");
  if (Open(count, arguments)) mprotect(victim, PAGE, PROT_READ | PROT_WRITE);
  if (read(ends[0], victim, sizeof(code)) != sizeof(code)) Refused("read into code");
  mprotect(victim, PAGE, PROT_READ | PROT_EXEC);
  __builtin___clear_cache(victim, victim + PAGE);
  RunIt(victim);
}
