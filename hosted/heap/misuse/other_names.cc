// A program whose own malloc and free are in terms of glibc's other names for them, and which was built when there was cfree, has one heap:
// status 0. For hosted_test.sh.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

extern "C" {
void* __libc_malloc(size_t);
void* __libc_memalign(size_t, size_t);
void* __libc_realloc(void*, size_t);
void __libc_free(void*);
void cfree(void*);
__asm__(".symver cfree, cfree@GLIBC_2.2.5");

static int g_live = 0;
void* malloc(size_t bytes) {
  g_live++;
  return __libc_malloc(bytes);
}
void free(void* block) {
  if (block != nullptr) g_live--;
  __libc_free(block);
}
}

int main() {
  const int before = g_live;
  void* volatile block = malloc(10);
  block = realloc(block, 1000);
  free(block);
  if (g_live != before) return 1;
  block = calloc(1, 100);
  free(block);
  block = aligned_alloc(64, 128);
  free(block);
  block = strdup("a string of the C library's");
  free(block);
  block = __libc_realloc(__libc_memalign(64, 100), 300'000);
  free(block);
  block = malloc(100);
  cfree(block);
  return malloc_usable_size(block = __libc_malloc(100)) == 100 ? 0 : 2;  // ours says what was asked for
}
