// How a block ends, by whichever of the C library's and C++'s names, once what is usual has been left aside.
#pragma once

#include "hosted/heap/process_heap.h"
#include "hosted/heap/recorder.h"

namespace caponier::hosted {

// `end` is called with the thread's cache, for any block but null. errno stays as it is.
template <typename End>
[[gnu::always_inline]] inline void EndBlock(const Caller& caller, const void* block, End end) {
  if (block == nullptr) return;
  const KeptErrno kept;
  const ProcessHeap::Visit visit(ProcessHeap::Purpose::kEndBlock);
  Recorder::Free(caller, block, [&] { end(visit.cache()); });
}

}  // namespace caponier::hosted
