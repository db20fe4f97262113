#include "lib/fortuna/accumulator.h"

#include <algorithm>

namespace caponier::fortuna {

void Accumulator::Absorb(u8 source, Bytes data) { AbsorbEvents(source, data, seeded()); }

void Accumulator::AbsorbFirst(u8 source, Bytes data) { AbsorbEvents(source, data, false); }

void Accumulator::AbsorbEvents(u8 source, Bytes data, bool spread) {
  if (source >= kMaxSources) __builtin_trap();
  while (!data.empty()) {
    const Bytes event = data.first(std::min(data.size(), kMaxEventBytes));
    data = data.subspan(event.size());
    size_t pool = 0;
    if (spread) {
      pool = turn_[source];
      turn_[source] = static_cast<u8>((pool + 1) % kPools);
    }
    const std::byte head[2] = {std::byte{source}, static_cast<std::byte>(event.size())};
    pools_[pool].Absorb(head);
    pools_[pool].Absorb(event);
    if (pool == 0) pool0_bytes_ += event.size();
  }
}

bool Accumulator::MaybeReseed(u64 now_ns) {
  if (!seeded() || pool0_bytes_ < kMinPoolBytes) return false;
  // A clock that stands or runs backwards delays reseeds; it cannot hasten them.
  if (now_ns < last_reseed_ns_ || now_ns - last_reseed_ns_ < kReseedIntervalNs) return false;
  last_reseed_ns_ = now_ns;
  ReseedNow();
  return true;
}

void Accumulator::ReseedNow() {
  reseeds_++;
  crypto::Secret<kPools * crypto::kSha256Bytes> seed;
  size_t used = 0;
  for (; used < kPools && reseeds_ % (u64{1} << used) == 0; used++) {
    pools_[used].Finish(seed.writable().subspan(used * crypto::kSha256Bytes).first<crypto::kSha256Bytes>());
  }
  generator_.Reseed(seed.bytes().first(used * crypto::kSha256Bytes));
  pool0_bytes_ = 0;
}

}  // namespace caponier::fortuna
