// When interrupts come. The handler does no more than leave the clock's count in a ring; tests, conditioner and pools have it later,
// where there is time. A sample is the time from one interrupt to the next. What it is worth: timing.h.
//
// One ring a CPU: its handler writes, one reader takes, and neither waits for the other. A reader that comes too rarely misses the
// oldest counts, and finds out that it did: what was overwritten while it was read is not used.
#pragma once

#include <optional>

#include "lib/entropy/sources/timing.h"

namespace caponier::entropy {

inline constexpr SourceProfile kInterruptTimingProfile{.id = SourceId::kInterruptTiming,
                                                       .name = "interrupt-timing",
                                                       .trust = TrustClass::kTiming,
                                                       .sample_bytes = 8,
                                                       .credit = {0},
                                                       .condition = true};

class InterruptRing {
 public:
  static constexpr u32 kSlots = 256;

  // In the interrupt handler: a load, two stores, and what it takes to find the slot.
  [[gnu::always_inline]] void Note(u64 counter) {
    const u32 at = written_;
    __atomic_store_n(&counters_[at % kSlots], counter, __ATOMIC_RELAXED);
    __atomic_store_n(&written_, at + 1, __ATOMIC_RELEASE);
  }

 private:
  friend class InterruptTiming;
  u64 counters_[kSlots] = {};
  u32 written_ = 0;
};

class InterruptTiming {
 public:
  constexpr explicit InterruptTiming(const InterruptRing& ring) : ring_(&ring) {}

  constexpr const SourceProfile& profile() const { return kInterruptTimingProfile; }
  u32 waiting() const { return __atomic_load_n(&ring_->written_, __ATOMIC_ACQUIRE) - read_; }
  u64 missed() const { return missed_; }
  std::optional<u64> Sample() {
    while (const u32 ahead = waiting()) {
      if (ahead > InterruptRing::kSlots) {
        missed_ += ahead - InterruptRing::kSlots;
        read_ += ahead - InterruptRing::kSlots;
      }
      const u64 counter = __atomic_load_n(&ring_->counters_[read_ % InterruptRing::kSlots], __ATOMIC_RELAXED);
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      // The handler may be at work in the oldest slot of a full ring: only what is younger than that is whole.
      if (waiting() >= InterruptRing::kSlots) {
        missed_++;
        read_++;
        continue;
      }
      read_++;
      const u64 sample = counter - last_;
      last_ = counter;
      return sample;
    }
    return {};
  }
  constexpr void Test(u64 sample) { tests_.Feed(sample); }
  constexpr SourceStatus status() const { return tests_.status(); }
  constexpr void Restart() { tests_.Restart(); }

 private:
  const InterruptRing* ring_;
  u32 read_ = 0;
  u64 last_ = 0, missed_ = 0;
  TimingTests tests_;
};

}  // namespace caponier::entropy
