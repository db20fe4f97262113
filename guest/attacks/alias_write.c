// Has the kernel change running code: write(2) into the file behind it.
#include "guest/attacks/crime.h"

int main(void) {
  const int file = MemoryFile();
  char code[16];
  PutCode(code, 1);
  Need(pwrite(file, code, sizeof(code), 0) == sizeof(code), "write");
  char *running = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  Need(running != MAP_FAILED && Run(running) == 1, "the first run");
  PutCode(code, kAnswer);
  Need(pwrite(file, code, sizeof(code), 0) == sizeof(code), "write");
  __builtin___clear_cache(running, running + PAGE);
  RunIt(running);
}
