// One memory file mapped twice, for writing and for execution.
#include "guest/attacks/crime.h"

int main(void) {
  const int file = MemoryFile();
  char *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  Need(data != MAP_FAILED && code != MAP_FAILED, "mmap");
  PutCode(data, kAnswer);
  RunIt(code);
}
