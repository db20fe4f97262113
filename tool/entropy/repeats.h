// How often strings of each length repeat in a text: what the t-tuple estimate, the longest repeated substring estimate and the longest
// repeated substring test are made from.
#pragma once

#include <functional>
#include <vector>

#include "lib/base/types.h"
#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

class Repeats {
 public:
  // `text` is symbols of `width` bits each, at least two and at most kLongestText of them.
  Repeats(const BitString& text, unsigned width);

  u64 size() const { return size_; }                         // of the text, in symbols
  u64 longest() const { return most_frequent_.size() - 1; }  // of the substrings that occur twice; 0 when none does
  // Occurrences of the most frequent t-tuple, for t from 1 to longest().
  u32 MostFrequent(u64 t) const { return most_frequent_[t]; }
  // For each t from longest() down to `from`: f(t, sum of n(n-1)/2 over all t-tuples with n occurrences).
  void ForPairs(u64 from, const std::function<void(u64 t, u64 pairs)>& f) const;

 private:
  u64 size_;
  std::vector<u32> most_frequent_;  // by t
  // Either the changes of the sums from t + 1 to t, or, when they are too many, the list they are made from.
  std::vector<u64> changes_;
  std::vector<i32> lengths_;
};

}  // namespace caponier::tool::entropy
