// A program with a malloc of its own, but without reallocarray, gets that in terms of its realloc, as glibc's is: status 0. For hosted_test.sh.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int g_live = 0;
alignas(16) static char g_memory[1 << 20];
static size_t g_next = 0;

extern "C" {
void* malloc(size_t bytes) {
  g_live++;
  void* block = g_memory + g_next;
  g_next += (bytes + 15) / 16 * 16;
  return block;
}
void free(void* block) { g_live -= block != nullptr; }
void* calloc(size_t count, size_t bytes) { return malloc(count * bytes); }
void* realloc(void* block, size_t bytes) {
  void* other = malloc(bytes);
  if (block != nullptr) memmove(other, block, bytes);
  free(block);
  return other;
}
}

int main() {
  const int before = g_live;
  void* volatile block = reallocarray(nullptr, 10, 10);
  block = reallocarray(block, 20, 20);
  if (block < g_memory || block >= g_memory + sizeof(g_memory) || g_live != before + 1) return 1;
  if (reallocarray(block, size_t{1} << 33, size_t{1} << 33) != nullptr) return 2;
  free(block);
  return g_live == before ? 0 : 3;
}
