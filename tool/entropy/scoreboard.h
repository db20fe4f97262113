// Several predictors, of which the one that was right most often so far is believed. [sp800-90b] 6.3.7 to 6.3.9
//
// The rule: the winner's prediction counts; then each predictor that was right gets a point, in order, and becomes the winner when it has
// as many points as the winner. It is followed exactly, but 64 steps at a time: a predictor that would stay behind the
// winner even if it alone scored in these steps cannot become the winner in them, and usually that is all but the winner itself.
#pragma once

#include <span>
#include <vector>

#include "lib/base/types.h"
#include "tool/entropy/prediction.h"

namespace caponier::tool::entropy {

class Scoreboard {
 public:
  explicit Scoreboard(unsigned predictors) : points_(predictors) {}

  // `steps` (1 to 64) steps, the first one highest. right[d]: where predictor d was right; made[d]: where it predicted at all, which
  // holds wherever it was right (empty: everywhere). Bits beyond the steps are zero. A step in which the winner makes no
  // prediction neither ends nor lengthens a run.
  void Add(std::span<const u64> right, std::span<const u64> made, unsigned steps);

  u64 correct() const { return correct_; }
  u64 longest_run() const { return longest_run_; }

 private:
  void AddRuns(u64 right, unsigned steps);
  void KeepOneOfAlike(std::span<const u64> right);
  void FindCandidates(std::span<const u64> right);
  void AddSlowly(std::span<const u64> right, std::span<const u64> made, unsigned steps);

  std::vector<u64> points_;
  std::vector<unsigned> candidates_;  // who might become the winner in the current steps, ascending; with the winner
  unsigned winner_ = 0;
  u64 correct_ = 0, run_ = 0, longest_run_ = 0;
};

}  // namespace caponier::tool::entropy
