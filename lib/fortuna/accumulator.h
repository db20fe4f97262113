// Fortuna's accumulator [fsk] 9.5: 32 pools that take events in turn, and reseeds that use pool i every 2^i-th time. It needs no estimate
// of how good the events are: however slowly honest entropy arrives, and however much of the input an attacker chooses or knows,
// some pool gathers enough between two of its uses, and the reseed that uses it ends the attacker's knowledge.
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
#include "lib/fortuna/shad256.h"

namespace caponier::fortuna {

inline constexpr size_t kPools = 32;         // ten reseeds a second reach the last pool after 2^31 of them, 6.8 years
inline constexpr size_t kMinPoolBytes = 64;  // of events in pool 0 before a reseed
inline constexpr u64 kReseedIntervalNs = 100'000'000;
inline constexpr size_t kMaxEventBytes = 32;
inline constexpr size_t kMaxSources = 32;

class Accumulator {
 public:
  constexpr Accumulator() = default;

  // Adds `data` to the pools, cut into events of at most 32 bytes, each after its source number and length. `source` < kMaxSources.
  void Absorb(u8 source, Bytes data);
  // The same, but all of it goes to pool 0: for what the next reseed must contain.
  void AbsorbFirst(u8 source, Bytes data);

  // Reseeds when pool 0 holds 64 bytes and 100 ms have passed since the last time; true if it did. Does not do the first seed.
  bool MaybeReseed(u64 now_ns);
  // Reseeds now. The first seed is made this way, by whoever judges that enough has arrived.
  void ReseedNow();

  bool seeded() const { return generator_.seeded(); }
  u64 reseeds() const { return reseeds_; }
  void Fill(MutableBytes output) { generator_.Fill(output); }

 private:
  void AbsorbEvents(u8 source, Bytes data, bool spread);

  std::array<Shad256, kPools> pools_;
  std::array<u8, kMaxSources> turn_{};  // the pool that takes each source's next event
  u64 pool0_bytes_ = 0;                 // of events, without their two-byte heads
  u64 reseeds_ = 0;
  u64 last_reseed_ns_ = 0;
  Generator generator_;
};

}  // namespace caponier::fortuna
