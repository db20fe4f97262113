// A file in the file system, opened twice: written through one descriptor's mapping, run through the other's.
#include <fcntl.h>

#include "guest/attacks/crime.h"

int main(void) {
  const int writer = open("/tmp/crime", O_RDWR | O_CREAT | O_TRUNC, 0700), runner = open("/tmp/crime", O_RDONLY);
  Need(writer >= 0 && runner >= 0 && ftruncate(writer, PAGE) == 0, "/tmp/crime");
  char *data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
  char *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, runner, 0);
  Need(data != MAP_FAILED && code != MAP_FAILED, "mmap");
  PutCode(data, kAnswer);
  RunIt(code);
}
