// Fortuna's accumulator [fsk] 9.5: 32 pools that take events in turn, and reseeds that use pool i every 2^i-th time. It needs no estimate
// of how good the events are: however slowly honest entropy arrives, and however much of the input an attacker chooses or knows,
// some pool gathers enough between two of its uses, and the reseed that uses it ends the attacker's knowledge. Beside the pools each source
// has a hedge (hedge.h), which ends it sooner where credit is right.
//
// Two choices that the book leaves open:
// - Before the first seed every event goes to pool 0. Spreading would park 31 of 32 of the entropy that a machine has at boot in
//   pools that the first seed does not use, and the first seed is the one that the layout and the canaries come from.
// - Each source has its own turn, so that a source that sends much cannot steer where another's events go; and a source's first
//   event goes to pool 0.
//
// Nothing in here is a pointer: a machine may move the object by copying its bytes.
#pragma once

#include <array>

#include "lib/fortuna/generator.h"
#include "lib/fortuna/schedule.h"
#include "lib/fortuna/shad256.h"

namespace caponier::fortuna {

class Accumulator {
 public:
  constexpr Accumulator() = default;

  // Adds `data` to the pools and to the source's hedge, cut into events of at most 32 bytes, each after its source number and length.
  // `source` < kMaxSources. Credit says that health tests passed, and is the data's evenly; a hedge that it fills reseeds at once.
  void Absorb(u8 source, Bytes data, u64 credit_bits = 0);
  // The same, but all of it goes to pool 0: for what the next reseed must contain.
  void AbsorbFirst(u8 source, Bytes data);
  // A health test failed: credit that this source's hedge counts is forgotten.
  void Distrust(u8 source) { schedule_.Distrust(source); }

  // Reseeds when pool 0 holds 64 bytes and 100 ms have passed since the last time; true if it did. Does not do the first seed.
  bool MaybeReseed(u64 now_ns);
  // Reseeds now. The first seed is made this way, by whoever judges that enough has arrived.
  void ReseedNow();

  bool seeded() const { return generator_.seeded(); }
  u64 reseeds() const { return schedule_.reseeds(); }  // without the hedge's
  u64 hedge_reseeds() const { return schedule_.hedge_reseeds(); }
  void Fill(MutableBytes output) { generator_.Fill(output); }

 private:
  void AbsorbEvent(Shad256& place, u8 source, Bytes event);
  void UseHedge(u8 source);

  std::array<Shad256, kPools> pools_;
  std::array<Shad256, kMaxSources> hedges_;
  Schedule schedule_;
  Generator generator_;
};

}  // namespace caponier::fortuna
