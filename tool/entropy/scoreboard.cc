#include "tool/entropy/scoreboard.h"

#include <algorithm>
#include <bit>

#include "tool/entropy/processor.h"

namespace caponier::tool::entropy {

void Scoreboard::AddRuns(u64 right, unsigned steps) {
  const auto leading = static_cast<unsigned>(std::countl_one(right));
  run_ += std::min(leading, steps);
  longest_run_ = std::max(longest_run_, run_);
  if (leading >= steps) return;
  if (longest_run_ < steps) {
    u64 inside = 0;
    for (u64 left = right; left != 0; left &= left << 1) inside++;
    longest_run_ = std::max(longest_run_, inside);
  }
  run_ = static_cast<u64>(std::countr_one(right >> (64 - steps)));
}

// Of those that are right in the same steps, only one can become the winner: the one ahead, the last one of several. Periodic data has
// many such.
void Scoreboard::KeepOneOfAlike(std::span<const u64> right) {
  std::vector<unsigned> kept;
  for (const unsigned d : candidates_) {
    const auto same = std::find_if(kept.begin(), kept.end(), [&](unsigned k) { return k != winner_ && right[k] == right[d]; });
    if (d == winner_ || same == kept.end()) {
      kept.push_back(d);
    } else if (points_[d] >= points_[*same]) {
      kept.erase(same);
      kept.push_back(d);
    }
  }
  candidates_ = std::move(kept);
}

[[gnu::always_inline]] inline void Scoreboard::FindCandidates(std::span<const u64> right) {
  constexpr size_t kWorthwhile = 8;
  candidates_.clear();
  const u64 high = points_[winner_];
  for (unsigned d = 0; d < points_.size(); d++) {
    if (points_[d] + static_cast<u64>(std::popcount(right[d])) >= high) candidates_.push_back(d);
  }
  if (candidates_.size() >= kWorthwhile) KeepOneOfAlike(right);
}

void Scoreboard::AddSlowly(std::span<const u64> right, std::span<const u64> made, unsigned steps) {
  std::vector<u64> before(candidates_.size());
  for (size_t i = 0; i < candidates_.size(); i++) before[i] = points_[candidates_[i]];
  for (unsigned step = 0; step < steps; step++) {
    const u64 bit = u64{1} << (63 - step);
    if ((right[winner_] & bit) != 0) {
      correct_++;
      longest_run_ = std::max(longest_run_, ++run_);
    } else if (made.empty() || (made[winner_] & bit) != 0) {
      run_ = 0;
    }
    for (const unsigned d : candidates_) {
      if ((right[d] & bit) != 0 && ++points_[d] >= points_[winner_]) winner_ = d;
    }
  }
  // The points of all are added by the caller.
  for (size_t i = 0; i < candidates_.size(); i++) points_[candidates_[i]] = before[i];
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
void Scoreboard::Add(std::span<const u64> right, std::span<const u64> made, unsigned steps) {
  FindCandidates(right);
  const u64 all = ~u64{0} << (64 - steps);
  if (candidates_.size() == 1 && (made.empty() || made[winner_] == all)) {
    correct_ += static_cast<u64>(std::popcount(right[winner_]));
    AddRuns(right[winner_], steps);
  } else {
    AddSlowly(right, made, steps);
  }
  for (size_t d = 0; d < points_.size(); d++) points_[d] += static_cast<u64>(std::popcount(right[d]));
}

}  // namespace caponier::tool::entropy
