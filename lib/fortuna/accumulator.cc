#include "lib/fortuna/accumulator.h"

#include <algorithm>

namespace caponier::fortuna {
namespace {

Bytes TakeEvent(Bytes& data) {
  const Bytes event = data.first(std::min(data.size(), kMaxEventBytes));
  data = data.subspan(event.size());
  return event;
}

}  // namespace

void Accumulator::Absorb(u8 source, Bytes data, u64 credit_bits) {
  if (source >= kMaxSources) __builtin_trap();
  u64 credit = std::min<u64>(credit_bits, 8 * data.size());
  while (!data.empty()) {
    const size_t before = data.size();
    const Bytes event = TakeEvent(data);
    const u64 share = credit * event.size() / before;
    credit -= share;
    const size_t place = schedule_.Place(source, event.size(), share);
    if (place != Schedule::kToHedge) {
      AbsorbEvent(pools_[place], source, event);
      continue;
    }
    AbsorbEvent(hedges_[source], source, event);
    if (schedule_.HedgeFull(source)) UseHedge(source);
  }
}

void Accumulator::AbsorbFirst(u8 source, Bytes data) {
  if (source >= kMaxSources) __builtin_trap();
  while (!data.empty()) {
    const Bytes event = TakeEvent(data);
    schedule_.PlaceFirst(event.size());
    AbsorbEvent(pools_[0], source, event);
  }
}

void Accumulator::AbsorbEvent(Shad256& place, u8 source, Bytes event) {
  const std::byte head[2] = {std::byte{source}, static_cast<std::byte>(event.size())};
  place.Absorb(head);
  place.Absorb(event);
}

void Accumulator::UseHedge(u8 source) {
  crypto::Secret<crypto::kSha256Bytes> seed;
  hedges_[source].Finish(seed.writable());
  generator_.Reseed(seed.bytes());
  schedule_.UseHedge(source);
}

bool Accumulator::MaybeReseed(u64 now_ns) {
  if (!schedule_.ReseedDue(now_ns)) return false;
  ReseedNow();
  return true;
}

void Accumulator::ReseedNow() {
  const size_t used = schedule_.BeginReseed();
  crypto::Secret<kPools * crypto::kSha256Bytes> seed;
  for (size_t i = 0; i < used; i++) {
    pools_[i].Finish(seed.writable().subspan(i * crypto::kSha256Bytes).first<crypto::kSha256Bytes>());
  }
  generator_.Reseed(seed.bytes().first(used * crypto::kSha256Bytes));
}

}  // namespace caponier::fortuna
