// Kernel blocks of any size, zeroed. C++'s nothrow new and delete come here.
#pragma once

#include <cstddef>

#include "lib/heap/misuse.h"

namespace caponier::mm {

void InitHeap();
void* Allocate(size_t bytes);  // null when memory is used up; 32-byte aligned, 64 from 64 bytes on, page-aligned past 2 KiB
void Free(void* block);
// What an access at `address` was that the processor refused for its tag; false when it was not in the heap.
bool ExplainTagFault(u64 address, heap::Misuse* misuse);

}  // namespace caponier::mm
