// What every part of a heap stands on.
#pragma once

#include "lib/heap/arena.h"
#include "lib/heap/metadata.h"
#include "lib/heap/settings.h"

namespace caponier::heap {

template <Platform P>
struct Ground {
  Arena<P> arena;
  Metadata<P> metadata;
  Settings settings;
  bool tagged = false;  // tags are there and on

  std::atomic<u64> slab_bytes = 0;     // behind slabs
  std::atomic<u64> stock_bytes = 0;    // of them, behind empty ones
  std::atomic<u64> retired_bytes = 0;  // of addresses that will not be used again
  static constexpr u64 kStockBytes = 4 * kMiB;

  // Whether an empty slab of so many bytes may stay. If so, it is counted.
  bool MayStock(u64 bytes) {
    const u64 stock = stock_bytes.load(std::memory_order_relaxed) + bytes;
    if (stock > kStockBytes && 3 * stock > slab_bytes.load(std::memory_order_relaxed)) return false;
    stock_bytes.fetch_add(bytes, std::memory_order_relaxed);
    return true;
  }
};

}  // namespace caponier::heap
