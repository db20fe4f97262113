// The level `--kernel-heap record`: by which calls each block of the kernel's heap was allocated and freed, for the panic that it comes to.
// A table of fixed size: of blocks that share a place the last one is kept. Under tags the former blocks of a slot have places of their own.
#pragma once

#include <span>

#include "lib/base/types.h"

namespace caponier::mm {

struct HeapRecord {
  static constexpr size_t kCalls = 8;
  using Calls = u32[kCalls];  // offsets in the image; 0 ends them

  u64 block;  // the pointer, with its tag
  Calls allocated, freed;
};

// From here on; not at all when memory is short.
void StartHeapRecords();
bool HeapIsRecorded();
// `frame` is that of the function which was called for it, and is read while that function waits.
[[gnu::noinline, clang::not_tail_called]] void RecordAllocation(const void* block, const void* frame);
[[gnu::noinline, clang::not_tail_called]] void RecordFree(const void* block, const void* frame);
// Null when there is none.
const HeapRecord* FindHeapRecord(u64 block);

}  // namespace caponier::mm
