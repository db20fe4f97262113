#include "tool/entropy/repeats.h"

#include <algorithm>

#include "tool/entropy/common_prefixes.h"

namespace caponier::tool::entropy {
namespace {

// Strings of more than `low` and at most `high` symbols, each a prefix of the next, that occur `count` times, while the first of them
// without its last symbol occurs more often or `low` is 0.
struct Interval {
  u32 low, high, count;
  u64 pairs() const { return u64{count} * (count - 1) / 2; }
};

// Turns the list of common-prefix lengths into the intervals. A stretch of n - 1 lengths of at least t is a string of t symbols that
// occurs n times.
class Intervals {
 public:
  template <typename F>
  void Add(u32 length, const F& f) {
    u32 first = at_++;  // suffix
    while (!open_.empty() && open_.back().length > length) {
      const Open top = open_.back();
      open_.pop_back();
      first = top.first;
      f(Interval{.low = std::max(length, open_.empty() ? 0 : open_.back().length), .high = top.length, .count = at_ - first});
    }
    if (length > 0 && (open_.empty() || open_.back().length < length)) open_.push_back({length, first});
  }
  template <typename F>
  void Finish(const F& f) {
    Add(0, f);
  }

 private:
  struct Open {
    u32 length, first;  // the suffixes from `first` on share `length`
  };
  std::vector<Open> open_;  // lengths rise
  u32 at_ = 0;
};

template <typename F>
void ForIntervals(const std::vector<i32>& lengths, const F& f) {
  Intervals intervals;
  for (const i32 length : lengths) intervals.Add(static_cast<u32>(length), f);
  intervals.Finish(f);
}

}  // namespace

Repeats::Repeats(const BitString& text, unsigned width) : size_(text.size() / width) {
  most_frequent_ = {0};
  changes_ = {0};
  const auto count = [&](const Interval& interval) {
    if (interval.high >= most_frequent_.size()) [[unlikely]]
      most_frequent_.resize(interval.high + u64{1});
    most_frequent_[interval.high] = std::max(most_frequent_[interval.high], interval.count);
  };
  Intervals intervals;
  const auto count_all = [&](const Interval& interval) {
    count(interval);
    if (interval.high >= changes_.size()) [[unlikely]]
      changes_.resize(most_frequent_.size());
    changes_[interval.high] += interval.pairs();
    changes_[interval.low] -= interval.pairs();
  };
  const bool done = CommonPrefixesByWindows(text, width, [&](std::span<const u32> lengths) {
    for (const u32 length : lengths) intervals.Add(length, count_all);
  });
  if (done) {
    intervals.Finish(count_all);
  } else {
    changes_ = {};
    most_frequent_ = {0};
    std::vector<u8> symbols(size_);
    for (u64 i = 0; i < size_; i++) symbols[i] = static_cast<u8>(text.Window(i * width) >> (64 - width));
    lengths_ = CommonPrefixesBySuffixArray(std::move(symbols));
    ForIntervals(lengths_, count);
  }
  // A prefix occurs at least as often as the whole.
  for (u64 t = most_frequent_.size() - 1; t > 1; t--) most_frequent_[t - 1] = std::max(most_frequent_[t - 1], most_frequent_[t]);
}

void Repeats::ForPairs(u64 from, const std::function<void(u64 t, u64 pairs)>& f) const {
  u64 sum = 0;
  if (lengths_.empty()) {
    for (u64 t = longest(); t >= from && t > 0; t--) f(t, sum += changes_[t]);
    return;
  }
  // Many different t, and 8 bytes for each would be more than the text took: some of them at a time.
  constexpr u64 kAtATime = u64{1} << 24;
  std::vector<u64> changes;
  for (u64 end = longest() + 1; end > from && end > 1;) {
    const u64 start = std::max({from, u64{1}, end - std::min(end, kAtATime)});
    changes.assign(end - start, 0);
    ForIntervals(lengths_, [&](const Interval& interval) {
      if (interval.high >= start && interval.high < end) changes[interval.high - start] += interval.pairs();
      if (interval.low >= start && interval.low < end) changes[interval.low - start] -= interval.pairs();
    });
    for (u64 t = end - 1; t >= start; t--) f(t, sum += changes[t - start]);
    end = start;
  }
}

}  // namespace caponier::tool::entropy
