// As alias_shared, but the code runs once before it is written to.
#include "guest/attacks/crime.h"

int main(void) {
  const int file = MemoryFile();
  char first[16];
  PutCode(first, 1);
  Need(write(file, first, sizeof(first)) == sizeof(first), "write");
  char *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  char *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  Need(data != MAP_FAILED && code != MAP_FAILED, "mmap");
  Need(Run(code) == 1, "the first run");
  PutCode(data, kAnswer);
  RunIt(code);
}
