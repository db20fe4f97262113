// As many mappings as there may be (vm.max_map_count), made, found again, split, and given back.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { kMost = 65530, kPage = 4096 };
static char *places[kMost];

static void Need(int holds, const char *what) {
  if (holds) return;
  printf("not ok %s\n", what);
  exit(1);
}

int main(void) {
  int count = 0;
  while (count < kMost) {
    // Three pages with rights that no neighbour has by chance: none merge.
    places[count] = mmap(NULL, 3 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (places[count] == MAP_FAILED) break;
    count++;
  }
  Need(errno == ENOMEM && count > kMost - 100, "made all but those the program has anyway");
  Need(mprotect(places[0] + kPage, kPage, PROT_NONE) == -1 && errno == ENOMEM, "a split would be too many");
  for (int i = count / 2; i < count; i++) Need(munmap(places[i], 3 * kPage) == 0, "munmap");
  for (int i = 0; i < count / 2; i += 64) {
    *places[i] = (char)i;
    Need(mprotect(places[i] + kPage, kPage, PROT_NONE) == 0, "mprotect");
    Need(*places[i] == (char)i, "kept what was written");
  }
  for (int i = 0; i < count / 2; i++) Need(munmap(places[i], 3 * kPage) == 0, "munmap of all");
  printf("ok %d mappings\n", count);
}
