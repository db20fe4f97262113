// Writes over the program's own code and runs it.
#include "guest/attacks/crime.h"

VICTIM_PAGE;

int main(int count, char **arguments) {
  if (Open(count, arguments)) mprotect(victim, PAGE, PROT_READ | PROT_WRITE);
  PutCode(Launder(victim), kAnswer);
  mprotect(victim, PAGE, PROT_READ | PROT_EXEC);
  RunIt(victim);
}
