#include "lib/random/root.h"

#include <algorithm>
#include <new>

#include "lib/random/report.h"

namespace caponier::random {

using entropy::ProfileOf;

void Root::Absorb(SourceId source, Bytes data, EntropyBits credit) {
  const bool vouched_for = ProfileOf(source).trust != entropy::TrustClass::kNobody;
  pools_.Absorb(static_cast<u8>(source), data, vouched_for ? credit.value : 0);
  Credit(source, data.size(), credit);
}

void Root::AbsorbAndReseed(SourceId source, Bytes data, EntropyBits credit) {
  pools_.AbsorbFirst(static_cast<u8>(source), data);
  Credit(source, data.size(), credit);
  ReseedNow();
}

void Root::ReseedNow() {
  // Before the first draw there is nothing to renew, and a seed made now would lack what is still to come.
  if (pools_.seeded()) pools_.ReseedNow();
}

void Root::Credit(SourceId source, size_t bytes, EntropyBits credit) {
  Account& account = this->account(source);
  account.bytes += bytes;
  if (ProfileOf(source).trust == entropy::TrustClass::kNobody) {
    if (bytes != 0) account.status = SourceStatus::kHealthy;  // it spoke; there is nothing to test
    return;
  }
  if (credit.value == 0) return;
  account.credited_bits = std::min((EntropyBits{account.credited_bits} + credit).value, 8 * account.bytes);
  account.status = SourceStatus::kHealthy;
}

void Root::Note(SourceId source, SourceStatus status, u64 samples) {
  Account& account = this->account(source);
  account.samples += samples;
  if (status == SourceStatus::kFailed) {
    if (account.status != SourceStatus::kFailed) account.failures++;
    account.credited_bits = 0;
    account.bytes = 0;
    pools_.Distrust(static_cast<u8>(source));
    revocations_++;
  }
  account.status = status;
}

EntropyBits Root::credited() const {
  EntropyBits sum;
  for (const Account& account : accounts_) sum = sum + EntropyBits{account.credited_bits};
  return sum;
}

Result<Seeded> Root::Proof() const {
  if (credited() < entropy::kFullSeed) return Error::kNotSeeded;
  return Seeded();
}

void Root::Draw(MutableBytes output) {
  if (!Proof().ok()) StopForLostSources();
  if (!pools_.seeded()) pools_.ReseedNow();
  pools_.Fill(output);
}

SourceReport Root::source(SourceId id) const {
  const Account& account = accounts_[static_cast<size_t>(id)];
  const entropy::SourceProfile& profile = ProfileOf(id);
  return {profile.name, TrustName(profile.trust), account.status, {account.credited_bits}, account.samples, account.failures};
}

Root* Root::RelocateTo(void* place) {
  __builtin_memcpy(place, static_cast<const void*>(this), sizeof(Root));
  this->~Root();
  new (static_cast<void*>(this)) Root;
  return std::launder(static_cast<Root*>(place));
}

}  // namespace caponier::random
