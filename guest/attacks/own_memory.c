// Writes to the program's own code through /proc/self/mem, which asks no page for its rights on Linux.
#include <fcntl.h>

#include "guest/attacks/crime.h"

VICTIM_PAGE;

int main(void) {
  const int memory = open("/proc/self/mem", O_RDWR);
  if (memory < 0) Refused("/proc/self/mem");
  char code[16];
  PutCode(code, kAnswer);
  if (pwrite(memory, code, sizeof(code), (off_t)(uintptr_t)victim) != sizeof(code)) Refused("write to /proc/self/mem");
  __builtin___clear_cache(victim, victim + PAGE);
  RunIt(victim);
}
