// As alias_remap, with shared memory that has no file.
#include "guest/attacks/crime.h"

int main(void) {
  char *data = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Need(data != MAP_FAILED, "mmap");
  char *code = mremap(data, 0, PAGE, MREMAP_MAYMOVE);
  Need(code != MAP_FAILED && mprotect(data, PAGE, PROT_READ | PROT_WRITE) == 0, "mremap");
  PutCode(data, kAnswer);
  if (mprotect(code, PAGE, PROT_READ | PROT_EXEC) != 0) Refused("mprotect of the second mapping");
  RunIt(code);
}
