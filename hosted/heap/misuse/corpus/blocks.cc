#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <new>

#include "hosted/heap/misuse/corpus/corpus.h"

namespace caponier::misuse {

char* Allocate(Api api, size_t bytes) {
  void* block = nullptr;
  switch (api) {
    case Api::kMalloc: block = malloc(bytes); break;
    case Api::kCalloc: block = calloc(1, bytes); break;
    case Api::kRealloc: block = realloc(Hidden(malloc(bytes / 2 + 1)), bytes); break;
    case Api::kMemalign: block = memalign(64, bytes); break;
    case Api::kNew: block = ::operator new(bytes); break;
    case Api::kNewArray: block = ::operator new[](bytes); break;
  }
  char* bytes_of_it = Hidden(static_cast<char*>(block));
  memset(bytes_of_it, 0x5a, bytes);
  return bytes_of_it;
}

void Release(Api api, char* block) {
  block = Hidden(block);
  if (api == Api::kNew) return ::operator delete(block);
  if (api == Api::kNewArray) return ::operator delete[](block);
  free(block);
}

void Churn(Api api, size_t bytes) {
  const int count = bytes >= kLargeBytes ? 16 : 2000;
  for (int i = 0; i < count; i++) Release(api, Allocate(api, bytes));
}

}  // namespace caponier::misuse
