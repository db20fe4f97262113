// The pipeline as one function: noise source -> health tests -> conditioner -> root, and the credit that follows from it.
#pragma once

#include "lib/entropy/conditioner.h"
#include "lib/random/root.h"

namespace caponier::random {

// The part after the tests, the same for every source: makes samples into events of a root and accounts for them.
class Intake {
 public:
  Intake(Root& root, const entropy::SourceProfile& profile) : root_(root), profile_(profile) {}
  // The next sample, and what the source's tests say after it.
  void Take(u64 sample, SourceStatus status);
  // After the last one: what is left goes in, the account is settled, and the credit returned.
  EntropyBits Settle(SourceStatus status);

 private:
  // A source that ran dry had passed its start-up test, and what it gave until then counts.
  bool Passes(SourceStatus status) const;
  void Flush(SourceStatus status);

  Root& root_;
  const entropy::SourceProfile& profile_;
  entropy::Conditioner conditioner_;
  crypto::Secret<fortuna::kMaxEventBytes> event_;
  size_t held_ = 0;  // bytes in the event
  u64 taken_ = 0;
  EntropyBits conditioned_, given_;  // what the events are worth, and what of it is in the root's account
};

// Takes up to `samples` samples from the source, fewer when it runs dry or fails, mixes all of them in, and books the source's
// state. Credit is given, and returned, for the samples of this call when no test failed and the start-up test is
// over by the end of it. Each event is credited as it goes in, if the tests are satisfied by then: that is what hedges count.
template <entropy::NoiseSource Source>
EntropyBits Harvest(Root& root, Source& source, u64 samples) {
  Intake intake(root, source.profile());
  for (u64 taken = 0; taken < samples; taken++) {
    const std::optional<u64> sample = source.Sample();
    if (!sample) break;
    source.Test(*sample);
    intake.Take(*sample, source.status());
    if (source.status() == SourceStatus::kFailed) break;
  }
  return intake.Settle(source.status());
}

}  // namespace caponier::random
