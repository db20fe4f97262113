#include "tool/entropy/simulate/recovery.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "lib/fortuna/schedule.h"

namespace caponier::tool::entropy {
namespace {

using fortuna::kNeededBits;
using fortuna::Schedule;

constexpr size_t kPlaces = fortuna::kPools + 1;  // the pools and the honest source's hedge
using Counts = std::array<u32, kPlaces>;         // honest events that have gone to each place so far

// A reseed: which places it used, and the honest events that had come to each by then and by the place's last use.
struct Use {
  struct Part {
    u32 place, before, by_now;
  };
  u64 moment = 0;  // in honest events so far
  std::vector<Part> parts;
};

// What the schedule does over a number of intervals of 100 ms.
class Trace {
 public:
  Trace(const RecoveryModel& model, u64 intervals) : model_(model) {
    schedule_.BeginReseed();  // the first seed
    for (u64 interval = 1; interval <= intervals; interval++) {
      for (u64 i = 0; i < kFillers; i++) {
        schedule_.Place(kFiller, fortuna::kMaxEventBytes, 0);
        for (u64 due = model.events * (i + 1) / kFillers - model.events * i / kFillers; due > 0; due--) AddHonestEvent();
      }
      if (!schedule_.ReseedDue(interval * fortuna::kReseedIntervalNs)) continue;
      reseeds_.push_back(places_.size());
      Record(0, schedule_.BeginReseed());
    }
  }
  const std::vector<Use>& uses() const { return uses_; }
  const std::vector<u64>& reseeds() const { return reseeds_; }  // those from the pools: moments, in honest events
  const std::vector<u8>& places() const { return places_; }     // of each honest event

 private:
  static constexpr u8 kFiller = 0, kHonest = 1, kFlood = 2;
  static constexpr u64 kFillers = 2 * fortuna::kPools;  // events of the filler an interval: two for each pool

  void AddHonestEvent() {
    for (int i = 0; model_.flood && i < 10; i++) {
      const u64 all = 8 * fortuna::kMaxEventBytes;
      if (schedule_.Place(kFlood, fortuna::kMaxEventBytes, all) == Schedule::kToHedge && schedule_.HedgeFull(kFlood)) {
        schedule_.UseHedge(kFlood);
      }
    }
    const size_t place = schedule_.Place(kHonest, fortuna::kMaxEventBytes, model_.event_credit);
    places_.push_back(static_cast<u8>(place));
    counts_[place]++;
    if (place == Schedule::kToHedge && schedule_.HedgeFull(kHonest)) {
      schedule_.UseHedge(kHonest);
      Record(Schedule::kToHedge, Schedule::kToHedge + 1);
    }
  }
  // A use of the places from `first` on.
  void Record(size_t first, size_t end) {
    Use use{.moment = places_.size(), .parts = {}};
    for (size_t place = first; place < end; place++) {
      use.parts.push_back({static_cast<u32>(place), last_use_[place], counts_[place]});
      last_use_[place] = counts_[place];
    }
    uses_.push_back(std::move(use));
  }

  const RecoveryModel model_;
  Schedule schedule_;
  Counts counts_{}, last_use_{};
  std::vector<u8> places_;
  std::vector<u64> reseeds_;
  std::vector<Use> uses_;
};

// Whether a use ends the knowledge of somebody who knew the state when `seen` were the events at each place.
bool Recovers(const Use& use, const Counts& seen, double event_bits) {
  u64 fresh = 0;
  for (const Use::Part& part : use.parts) fresh += part.by_now - std::max(part.before, std::min(part.by_now, seen[part.place]));
  return static_cast<double>(fresh) * event_bits >= kNeededBits;
}

}  // namespace

Recovery SimulateRecovery(const RecoveryModel& model) {
  // The first pool that gathers enough alone decides; all that happens repeats itself at the latest with the next one. Compromises are
  // spread over four such periods, and as many follow in which the last can recover.
  const double interval_bits = static_cast<double>(model.events) * model.event_bits;
  u64 period = 2;
  while (static_cast<double>(period) * interval_bits / fortuna::kPools < 2 * kNeededBits) period *= 2;
  const Trace trace(model, 8 * period);
  const u64 moments = std::max<u64>(4 * period * model.events, 1);

  Recovery result;
  Counts seen{};
  size_t last_reseed = 0, recovery = 0;
  for (u64 moment = 0; moment < moments; moment++) {
    // A later compromise is never recovered from earlier, so the search goes on from where the last one ended.
    while (!Recovers(trace.uses().at(recovery), seen, model.event_bits)) recovery++;
    const double ratio = static_cast<double>(trace.uses()[recovery].moment - moment) * model.event_bits / kNeededBits;
    result.sorted.push_back(ratio);
    while (trace.reseeds()[last_reseed] < moment) last_reseed++;
    if (trace.reseeds()[last_reseed] == moment) result.worst_after_reseed = std::max(result.worst_after_reseed, ratio);
    seen[trace.places()[moment]]++;
  }
  std::sort(result.sorted.begin(), result.sorted.end());
  result.worst = result.sorted.back();
  result.mean = std::accumulate(result.sorted.begin(), result.sorted.end(), 0.0) / static_cast<double>(moments);
  return result;
}

}  // namespace caponier::tool::entropy
