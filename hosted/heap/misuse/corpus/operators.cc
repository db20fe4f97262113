// The operators new and delete as C++ libraries have them, for the corpus to run over every C library: malloc and free. An allocator that is
// preloaded puts its own in their place.
#include <malloc.h>
#include <stdlib.h>

#include <new>

void* operator new(size_t bytes) { return malloc(bytes); }
void* operator new[](size_t bytes) { return malloc(bytes); }
void* operator new(size_t bytes, std::align_val_t alignment) { return memalign(static_cast<size_t>(alignment), bytes); }
void operator delete(void* block) noexcept { free(block); }
void operator delete[](void* block) noexcept { free(block); }
void operator delete(void* block, size_t) noexcept { free(block); }
void operator delete[](void* block, size_t) noexcept { free(block); }
void operator delete(void* block, std::align_val_t) noexcept { free(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { free(block); }
