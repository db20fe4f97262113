// Redirects a call by writing to a constant table of addresses, which only relocation wrote to. Linked with RELRO, and as
// glibc_write_norelro without.
#include "guest/attacks/crime.h"

static int Honest(void) { return 1; }
static int Forged(void) { return kAnswer; }
static const Function table[] = {Honest, Forged};

int main(void) {
  Function *target = Launder(&table[0]);
  *target = Forged;
  if (((Function *)Launder(table))[0]() == kAnswer) Worked("another function was called");
}
