// What every part of a heap stands on.
#pragma once

#include "lib/heap/arena.h"
#include "lib/heap/metadata.h"
#include "lib/heap/settings.h"
#include "lib/heap/stock.h"

namespace caponier::heap {

template <Platform P>
struct Ground {
  Arena<P> arena;
  Metadata<P> metadata;
  Stock<typename P::Lock> stock;
  Settings settings;
  bool tagged = false;      // tags are there and on
  bool tags_large = false;  // for large blocks too

  std::atomic<u64> slab_bytes = 0;     // behind slabs
  std::atomic<u64> large_bytes = 0;    // behind large blocks
  std::atomic<u64> retired_bytes = 0;  // of addresses that will not be used again
};

}  // namespace caponier::heap
