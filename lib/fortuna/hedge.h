// The hedge: a second scheduler beside Fortuna's pools, over events that health tests vouch for.
//
// Why. The pools need no estimate of entropy, and pay for it. While events come in slowly, most reseeds use less than nobody can guess:
// who knew the state before guesses it from the output, and the entropy is spent. So the pools recover from a compromise after
// up to 40 times the entropy that is needed. Where a source's credit is right, it is cheaper to wait until enough has gathered and then use it
// at once.
//
// How. Each source's credited events come in rounds. First they go to the source's own hedge, until that holds 160 bits of credit and
// reseeds the generator; then three times as many go to the pools. When the credit is right, no moment of compromise takes more than 10
// times the 128 bits needed (static_assert below, and the simulator over this very code).
//
// What stays true whatever the credits say:
// - An event goes to a hedge or to a pool, never to both. A copy looks free and is not: a hedge that reseeds with too little gives its
//   events away, and the pools that hold the copies would never recover.
// - The shares are by count. Credit decides how long a turn lasts, and for each event of it three go to the pools.
// - Every source has its own hedge and its own turns. A lie moves nobody else's events and empties nobody else's hedge; events without credit
//   all go to the pools, as if there were no hedge.
// - The hedge's reseeds are not counted among those that decide which pools are used, and new keys take nothing away.
// So if all of a source's credit is a lie, the pools still recover, on three quarters of its events: that costs up to a third more, and stays
// within 64 times, the bound that [fsk] 9.5.2 proves for the pools (2^13 bits for 128). No scheduler could have it for nothing: to
// recover within ten times it must risk a tenth of the entropy on the credits, and if these lie that tenth is gone.
//
// As with the pools, whoever makes most of one source's events can steer where its other events go.
#pragma once

#include "lib/base/types.h"

namespace caponier::fortuna {

inline constexpr u32 kNeededBits = 128;  // more than anybody can guess: the strength that [fsk] 9.5.2 counts with
inline constexpr u32 kHedgeBits =
    240;                              // of credit, for a turn: the most with which every size of event recovers within ten times
inline constexpr u32 kPoolsTurn = 3;  // events to the pools for each one to the hedge
inline constexpr size_t kMaxEventBytes = 32;

// One source's hedge.
class Hedge {
 public:
  // Whether the source's next event goes here. `credit_bits` is at most 8 * kMaxEventBytes.
  constexpr bool Takes(u32 credit_bits) {
    if (credit_bits == 0) return false;
    if (owed_ != 0) {
      owed_--;
      return false;
    }
    taken_++;
    held_bits_ = static_cast<u16>(held_bits_ + credit_bits);
    full_ = held_bits_ + credit_bits / 2 >= kHedgeBits;  // another such event would lead further away
    return true;
  }
  constexpr bool full() const { return full_; }
  // It was used, or its credit is believed no more: the pools' turn.
  constexpr void EndTurn() {
    owed_ = static_cast<u16>(owed_ + kPoolsTurn * taken_);
    taken_ = 0;
    held_bits_ = 0;
    full_ = false;
  }

 private:
  // A turn ends with its 240th event at the latest, so none of these runs over.
  u16 held_bits_ = 0;  // of credit, of this turn
  u16 taken_ = 0;      // events of this turn
  u16 owed_ = 0;       // events that the pools get before the next turn; none is taken while some are owed
  bool full_ = false;
};
static_assert(kHedgeBits + 8 * kMaxEventBytes < 1 << 16 && kPoolsTurn * kHedgeBits < 1 << 16);

// Events in a turn, of this credit each.
consteval u32 HedgeTurn(u32 event_bits) {
  Hedge hedge;
  u32 events = 0;
  while (!hedge.full()) events += hedge.Takes(event_bits);
  return events;
}
// The most credited bits between a compromise and recovery. Worst is when the last part of a turn is just too little: it is spent, the
// pools have their turn, and the next turn must be complete.
consteval u32 WorstHedgedRecovery(u32 event_bits) {
  const u32 spent = (kNeededBits - 1) / event_bits;
  return (spent + (kPoolsTurn + 1) * HedgeTurn(event_bits)) * event_bits;
}
consteval bool RecoversWithin(u32 times) {
  for (u32 bits = 1; bits <= 8 * kMaxEventBytes; bits++) {
    if (WorstHedgedRecovery(bits) > times * kNeededBits) return false;
  }
  return true;
}
static_assert(RecoversWithin(10) && !RecoversWithin(9));
// The margin for credit that is too high: a turn of 240 or 256 bits may truly be 128. The least margin, a quarter, have events of 160 bits.
static_assert(HedgeTurn(1) == 240 && HedgeTurn(160) == 1 && HedgeTurn(256) == 1);

}  // namespace caponier::fortuna
