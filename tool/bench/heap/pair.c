// What `caponier bench heap --arch aarch64` counts: `heap-pair BYTES ROUNDS`. A block of that size is freed at random among a thousand and
// another allocated in its place, so many times to get the allocator into its stride, and as often between two marks, hints that mean
// nothing to a processor. It says first what a DC GVA tags, which the instruction alone does not tell.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { kLive = 1000 };
static void* g_live[kLive];
static uint32_t g_state = 1;

static void Replace(size_t bytes, long rounds) {
  for (long i = 0; i < rounds; i++) {
    g_state = g_state * 1664525 + 1013904223;
    const size_t place = (uint64_t)g_state * kLive >> 32;
    free(g_live[place]);
    if ((g_live[place] = malloc(bytes)) == NULL) exit(3);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  uint64_t id;
  __asm__ volatile("mrs %0, dczid_el0" : "=r"(id));
  char text[40];
  const int length = snprintf(text, sizeof(text), "zero block %d\n", 4 << (id & 15));
  if (write(STDOUT_FILENO, text, (size_t)length) != length) return 3;
  const size_t bytes = strtoul(argv[1], NULL, 10);
  const long rounds = strtol(argv[2], NULL, 10);
  for (int i = 0; i < kLive; i++) g_live[i] = malloc(bytes);
  Replace(bytes, rounds);
  __asm__ volatile("hint #96" ::: "memory");
  Replace(bytes, rounds);
  __asm__ volatile("hint #97" ::: "memory");
  return 0;
}
