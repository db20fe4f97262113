#include "lib/fortuna/schedule.h"

#include <algorithm>

namespace caponier::fortuna {

size_t Schedule::Place(u8 source, size_t bytes, u64 credit_bits) {
  size_t pool = 0;
  if (seeded()) {
    if (hedges_[source].Takes(static_cast<u32>(std::min<u64>(credit_bits, 8 * bytes)))) return kToHedge;
    pool = turn_[source];
    turn_[source] = static_cast<u8>((pool + 1) % kPools);
  }
  if (pool == 0) PlaceFirst(bytes);
  return pool;
}

bool Schedule::ReseedDue(u64 now_ns) {
  if (!seeded() || pool0_bytes_ < kMinPoolBytes) return false;
  // A clock that stands or runs backwards delays reseeds; it cannot hasten them.
  if (now_ns < last_reseed_ns_ || now_ns - last_reseed_ns_ < kReseedIntervalNs) return false;
  last_reseed_ns_ = now_ns;
  return true;
}

size_t Schedule::BeginReseed() {
  reseeds_++;
  pool0_bytes_ = 0;
  size_t used = 0;
  while (used < kPools && reseeds_ % (u64{1} << used) == 0) used++;
  return used;
}

}  // namespace caponier::fortuna
