// The pipeline as one function: noise source -> health tests -> conditioner -> root, and the credit that follows from it.
#pragma once

#include "lib/entropy/conditioner.h"
#include "lib/random/root.h"

namespace caponier::random {

// Takes up to `samples` samples from the source, fewer when it runs dry or fails, mixes all of them in, and books the source's
// state. Credit is given, and returned, for the samples of this call when no test failed and the start-up test is
// over by the end of it.
template <entropy::NoiseSource Source>
EntropyBits Harvest(Root& root, Source& source, u64 samples) {
  const entropy::SourceProfile& profile = source.profile();
  entropy::Conditioner conditioner;
  crypto::Secret<fortuna::kMaxEventBytes> event;
  size_t held = 0;
  u64 taken = 0;
  EntropyBits earned;
  const auto flush = [&] {
    if (profile.condition) {
      static_assert(entropy::kConditionedBytes == fortuna::kMaxEventBytes);
      if (conditioner.samples() == 0) return;
      earned = earned + conditioner.Finish(event.writable());
      held = fortuna::kMaxEventBytes;
    }
    root.Absorb(profile.id, event.bytes().first(held));
    held = 0;
  };
  while (taken < samples) {
    const std::optional<u64> sample = source.Sample();
    if (!sample) break;
    taken++;
    source.Test(*sample);
    const Bytes bytes = BytesOf(*sample).first(profile.sample_bytes);
    if (profile.condition) {
      conditioner.Absorb(bytes, profile.credit);
      if (conditioner.full()) flush();
    } else {
      __builtin_memcpy(event.writable().data() + held, bytes.data(), bytes.size());
      held += bytes.size();
      if (held + profile.sample_bytes > fortuna::kMaxEventBytes) flush();
    }
    if (source.status() == SourceStatus::kFailed) break;
  }
  flush();
  if (!profile.condition) earned = profile.credit.Of(taken);
  // A source that ran dry had passed its start-up test, and what it gave until then counts.
  const bool passed = source.status() == SourceStatus::kHealthy || source.status() == SourceStatus::kStarved;
  if (!passed || profile.trust == entropy::TrustClass::kNobody) earned = {};
  root.Absorb(profile.id, {}, earned);
  root.Note(profile.id, source.status(), taken);
  return earned;
}

}  // namespace caponier::random
