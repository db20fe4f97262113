// A block that is larger than all memory there is comes to null, as with the C library's own heap, and does not end the process when it is used:
// status 0. For hosted_test.sh.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

int main() {
  // Who tells the system to grant anything gets it (1).
  FILE* file = fopen("/proc/sys/vm/overcommit_memory", "r");
  if (file == nullptr || fgetc(file) == '1') return 0;
  fclose(file);
  struct sysinfo system;
  if (sysinfo(&system) != 0) return 2;
  const size_t all = (system.totalram + system.totalswap) * system.mem_unit, more = all + all / 4;
  errno = 0;
  void* volatile block = malloc(more);
  if (block != nullptr || errno != ENOMEM) return 3;
  if ((block = calloc(more / 8, 8)) != nullptr) return 4;
  if ((block = aligned_alloc(4096, more)) != nullptr) return 5;
  char* kept = static_cast<char*>(malloc(300'000));
  kept[0] = 'a';
  if (realloc(kept, more) != nullptr || kept[0] != 'a') return 6;
  free(kept);
  block = malloc(all / 8);
  return block != nullptr ? 0 : 7;
}
