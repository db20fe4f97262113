// How soon the generator recovers after somebody has read all of its state, in units of the entropy that it needs: 128 bits at once.
//
// The schedule that runs here is the generator's own (lib/fortuna/schedule.h); only the pools are replaced, by an account of what
// fresh entropy each one holds. What a reseed uses and is less than 128 bits counts as lost, since the attacker guesses it from the output.
#pragma once

#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

// One honest source gives `events` events evenly over every 100 ms, while another that nobody credits keeps pool 0 filled, so that a reseed
// is due every time.
struct RecoveryModel {
  u64 events = 64;
  double event_bits = 1;  // what an event holds
  u64 event_credit = 0;   // what it is credited with; 0: the pools alone
  bool flood = false;     // a third source sends ten times as many worthless events, credited in full
};

struct Recovery {
  double worst = 0;               // entropy that came in until recovery / 128 bits, over all moments of compromise
  double worst_after_reseed = 0;  // the same, over the moments just after a reseed from the pools
  double mean = 0;
  std::vector<double> sorted;  // of each moment, the least first
};

Recovery SimulateRecovery(const RecoveryModel& model);

}  // namespace caponier::tool::entropy
