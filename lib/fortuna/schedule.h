// Which event goes where and which reseed uses what: all of Fortuna's decisions and none of its secrets. The accumulator acts on them with
// hashes; the simulator of recoveries (`caponier entropy simulate`) acts on the same code with an account of entropy.
#pragma once

#include <array>

#include "lib/fortuna/hedge.h"

namespace caponier::fortuna {

inline constexpr size_t kPools = 32;         // ten reseeds a second reach the last pool after 2^31 of them, 6.8 years
inline constexpr size_t kMinPoolBytes = 64;  // of events in pool 0 before a reseed
inline constexpr u64 kReseedIntervalNs = 100'000'000;
inline constexpr size_t kMaxSources = 16;

class Schedule {
 public:
  static constexpr size_t kToHedge = kPools;

  // Where the source's next event goes: a pool's number, or kToHedge. `source` < kMaxSources, `bytes` <= kMaxEventBytes; credit beyond
  // 8 bits a byte is not believed. After kToHedge the caller asks HedgeFull.
  size_t Place(u8 source, size_t bytes, u64 credit_bits);
  // The event goes to pool 0, whoever's turn it is.
  void PlaceFirst(size_t bytes) { pool0_bytes_ += bytes; }

  bool HedgeFull(u8 source) const { return hedges_[source].full(); }
  void UseHedge(u8 source) {
    hedges_[source].EndTurn();
    hedge_reseeds_++;
  }
  // The source is found broken: the credit that its hedge holds is forgotten. What it holds stays, and is used with the next turn's.
  void Distrust(u8 source) { hedges_[source].EndTurn(); }

  // Whether pool 0 holds 64 bytes and 100 ms have passed since this last said so. Never before the first seed.
  bool ReseedDue(u64 now_ns);
  // Starts a reseed, and says how many pools it uses: those from 0 on.
  size_t BeginReseed();

  bool seeded() const { return reseeds_ != 0; }
  u64 reseeds() const { return reseeds_; }
  u64 hedge_reseeds() const { return hedge_reseeds_; }

 private:
  std::array<u8, kMaxSources> turn_{};  // the pool that takes each source's next event
  std::array<Hedge, kMaxSources> hedges_{};
  u64 pool0_bytes_ = 0;  // of events, without their two-byte heads
  u64 reseeds_ = 0;
  u64 hedge_reseeds_ = 0;
  u64 last_reseed_ns_ = 0;
};

}  // namespace caponier::fortuna
