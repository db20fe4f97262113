// Two mappings of one memory file that get their rights only later, one each.
#include "guest/attacks/crime.h"

int main(void) {
  const int file = MemoryFile();
  char *data = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, file, 0);
  char *code = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, file, 0);
  Need(data != MAP_FAILED && code != MAP_FAILED, "mmap");
  Need(mprotect(data, PAGE, PROT_READ | PROT_WRITE) == 0 && mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0, "mprotect");
  PutCode(data, kAnswer);
  RunIt(code);
}
