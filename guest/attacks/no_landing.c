// Branches, by a pointer, to code that is no landing pad, in a page that wants landing pads (PROT_BTI). `open`: in a page that does not.
#include "guest/attacks/crime.h"

VICTIM_PAGE;

int main(int count, char **arguments) {
  enum { kProtBti = 0x10 };
  if (!Open(count, arguments)) Need(mprotect(victim, PAGE, PROT_READ | PROT_EXEC | kProtBti) == 0, "mprotect");
  if (Run(victim) == 1) Worked("entered a function in its middle");
}
