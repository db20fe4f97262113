// Maps memory for writing and execution at once.
#include "guest/attacks/crime.h"

int main(void) {
  char *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) Refused("mmap of write and execute");
  PutCode(code, kAnswer);
  RunIt(code);
}
