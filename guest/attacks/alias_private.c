// A private mapping for execution, changed after its first run through a shared one of the same file.
#include "guest/attacks/crime.h"

int main(void) {
  const int file = MemoryFile();
  char *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  Need(data != MAP_FAILED && code != MAP_FAILED, "mmap");
  PutCode(data, 1);
  Need(Run(code) == 1, "the first run");
  PutCode(data, kAnswer);
  RunIt(code);
}
