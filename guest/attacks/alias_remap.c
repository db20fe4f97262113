// A shared mapping doubled by mremap with an old size of nothing; the copy then becomes code.
#include "guest/attacks/crime.h"

int main(void) {
  char *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, MemoryFile(), 0);
  Need(data != MAP_FAILED, "mmap");
  char *code = mremap(data, 0, PAGE, MREMAP_MAYMOVE);
  Need(code != MAP_FAILED, "mremap");
  PutCode(data, kAnswer);
  if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) != 0) Refused("mprotect of the second mapping");
  RunIt(code);
}
