#include "lib/random/harvest.h"

namespace caponier::random {

bool Intake::Passes(SourceStatus status) const {
  const bool passed = status == SourceStatus::kHealthy || status == SourceStatus::kStarved;
  return passed && profile_.trust != entropy::TrustClass::kNobody;
}

void Intake::Take(u64 sample, SourceStatus status) {
  taken_++;
  const Bytes bytes = BytesOf(sample).first(profile_.sample_bytes);
  if (profile_.condition) {
    conditioner_.Absorb(bytes, profile_.credit);
    if (conditioner_.full()) Flush(status);
  } else {
    __builtin_memcpy(event_.writable().data() + held_, bytes.data(), bytes.size());
    held_ += bytes.size();
    if (held_ + profile_.sample_bytes > fortuna::kMaxEventBytes) Flush(status);
  }
}

void Intake::Flush(SourceStatus status) {
  EntropyBits worth = profile_.credit.Of(held_ / profile_.sample_bytes);
  if (profile_.condition) {
    static_assert(entropy::kConditionedBytes == fortuna::kMaxEventBytes);
    if (conditioner_.samples() == 0) return;
    worth = conditioner_.Finish(event_.writable());
    held_ = fortuna::kMaxEventBytes;
    conditioned_ = conditioned_ + worth;
  }
  if (!Passes(status)) worth = {};
  root_.Absorb(profile_.id, event_.bytes().first(held_), worth);
  given_ = given_ + worth;
  held_ = 0;
}

EntropyBits Intake::Settle(SourceStatus status) {
  Flush(status);
  EntropyBits earned = profile_.condition ? conditioned_ : profile_.credit.Of(taken_);
  if (!Passes(status)) earned = {};
  // What was gathered before the start-up test was over, and fractions of bits. When a test failed, Note takes back what was given.
  if (earned > given_) root_.Absorb(profile_.id, {}, {earned.value - given_.value});
  root_.Note(profile_.id, status, taken_);
  return earned;
}

}  // namespace caponier::random
