// The root: Fortuna, and the account of who has fed it.
//
// What stays true: credit counts only what is in pool 0 when the first seed is made, since until then every event goes there, and
// the first seed is made at the first draw and not before, so that everything a machine gathers at boot is in it. A source that fails its
// health tests loses the credit it had. The object holds no pointer at all: early boot fills it at one address, and RelocateTo
// carries it to where it stays.
#pragma once

#include <array>

#include "lib/base/result.h"
#include "lib/entropy/sources/profiles.h"
#include "lib/fortuna/accumulator.h"

namespace caponier::random {

using entropy::EntropyBits;
using entropy::SourceId;
using entropy::SourceStatus;

// Proof that a root was seeded. Only Root makes one, and streams cannot be opened without.
class Seeded {
 private:
  friend class Root;
  constexpr Seeded() = default;
};

struct SourceReport {
  std::string_view name;
  std::string_view trust;
  SourceStatus status;
  EntropyBits credited;
  u64 samples;
  u64 failures;
};

class Root {
 public:
  constexpr Root() = default;
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  // Mixes `data` in. With credit it also says that the caller's health tests passed; a source of TrustClass::kNobody gets none
  // whatever is asked, and no source more than 8 bits for each byte it gave. Credit that comes with its data also counts for the
  // source's hedge (lib/fortuna/hedge.h).
  void Absorb(SourceId source, Bytes data, EntropyBits credit = {});
  // The same, and a reseed that contains it: for a source that comes to life after the first draws.
  void AbsorbAndReseed(SourceId source, Bytes data, EntropyBits credit = {});
  // Books what a source's tests say of it, after `samples` more samples. kFailed revokes the source's credit.
  void Note(SourceId source, SourceStatus status, u64 samples = 0);

  // kNotSeeded while healthy sources are not credited with 256 bits together.
  Result<Seeded> Proof() const;
  EntropyBits credited() const;

  // To be called now and then, every 100 ms or so, with monotonic time; true when it reseeded.
  bool MaybeReseed(u64 now_ns) { return pools_.MaybeReseed(now_ns); }
  // Reseeds at once from what the pools hold.
  void ReseedNow();
  u64 reseeds() const { return pools_.reseeds(); }              // from the pools
  u64 hedge_reseeds() const { return pools_.hedge_reseeds(); }  // from hedges
  // Changes with every reseed and with every source that fails; a stream that sees it changed re-keys before it gives another byte, so
  // that a machine that has lost its last credited source stops at the next draw of any stream.
  u64 generation() const { return pools_.reseeds() + pools_.hedge_reseeds() + revocations_; }

  SourceReport source(SourceId id) const;

  // Moves the root to `place` (aligned for it, not overlapping) and erases the old one, which is then as if new. Streams opened
  // before must be told: Stream::Rebind.
  Root* RelocateTo(void* place);

 private:
  friend class Stream;
  // Fills from Fortuna, after the first seed if it was not made yet. Stops the machine when Proof() would fail.
  void Draw(MutableBytes output);

  struct Account {
    SourceStatus status = SourceStatus::kAbsent;
    u64 credited_bits = 0;
    u64 bytes = 0;  // absorbed since the last failure
    u64 samples = 0;
    u64 failures = 0;
  };
  Account& account(SourceId id) { return accounts_[static_cast<size_t>(id)]; }
  void Credit(SourceId source, size_t bytes, EntropyBits credit);

  static_assert(entropy::kSourceCount <= fortuna::kMaxSources);
  fortuna::Accumulator pools_;
  std::array<Account, entropy::kSourceCount> accounts_{};
  u64 revocations_ = 0;
};

}  // namespace caponier::random
