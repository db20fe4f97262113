#include "kernel/random/random.h"

#include <optional>

#include "kernel/arch/machine.h"
#include "kernel/random/gather.h"
#include "lib/entropy/sources/virtio_rng.h"
#include "lib/entropy/sources/vm_generation.h"
#include "lib/random/account.h"
#include "lib/random/harvest.h"

namespace caponier::kernel::random {
namespace {

using ::caponier::random::Root;
using ::caponier::random::Stream;

// Constructed in place at Init: the kernel runs no constructors of globals.
template <typename T>
struct Slot {
  alignas(T) std::byte storage[sizeof(T)];
  T& get() { return *reinterpret_cast<T*>(storage); }
};

Root* g_root;
Slot<Stream> g_program, g_layout, g_secrets;
constinit entropy::VmGeneration g_generation;

// The machine goes on from a snapshot, and there may be others that do: all keys are made anew, with what tells this one from them.
void Renew(entropy::VmGeneration::Id id) {
  g_root->AbsorbAndReseed(entropy::SourceId::kVmGeneration, BytesOf(id));
  g_root->Note(entropy::SourceId::kVmGeneration, entropy::SourceStatus::kHealthy, 1);
  GatherNow(*g_root);
  OnClone();
}
Stream& Current(Slot<Stream>& stream) {
  entropy::DrawInOneGeneration(g_generation, Renew, [] {});
  return stream.get();
}

}  // namespace

void Init(Root& root) {
  g_root = &root;
  const ::caponier::random::Seeded seeded = root.Proof().value();
  new (g_program.storage) Stream(Stream::Open(root, seeded, "getrandom"));
  new (g_layout.storage) Stream(Stream::Open(root, seeded, "layout"));
  new (g_secrets.storage) Stream(Stream::Open(root, seeded, "secrets"));
}

Result<void> Fill(MutableBytes bytes) {
  const u64 now = arch::NowNs();
  GatherIfDue(*g_root, now);
  g_root->MaybeReseed(now);
  entropy::DrawInOneGeneration(g_generation, Renew, [&] { g_program.get().Fill(bytes); });
  return {};
}

void UseIdleTime() { GatherIfDue(*g_root, arch::NowNs()); }

void MixIn(Bytes bytes) { g_root->Absorb(entropy::SourceId::kProgramWrite, bytes); }
void Reseed() {
  GatherNow(*g_root);
  g_root->ReseedNow();
}
void MixInLauncherSeed(Bytes bytes) {
  g_root->AbsorbAndReseed(entropy::SourceId::kLauncherSeed, bytes);
  g_root->Note(entropy::SourceId::kLauncherSeed, entropy::SourceStatus::kHealthy, bytes.size());
}
void FillSeedFile(MutableBytes bytes) { Stream::Open(*g_root, g_root->Proof().value(), "seed file").Fill(bytes); }

void AbsorbDevice(MutableBytes bytes) {
  static Slot<entropy::VirtioRng> source;
  static bool constructed;
  if (!constructed) {
    new (source.storage) entropy::VirtioRng();
    constructed = true;
  }
  source.get().Offer(bytes);
  ::caponier::random::Harvest(*g_root, source.get(), bytes.size());
  g_root->ReseedNow();  // from here on every stream's output rests on this source too
}

void WatchGeneration(const volatile u64* id) {
  g_generation = entropy::VmGeneration(id);
  Renew(g_generation.Take());
}

// Not inlined: an audit that foretells places has the machine stop here (tool/audit/foretelling.h).
[[gnu::noinline]] Stream& LayoutStream() { return Current(g_layout); }
Stream& SecretStream() { return Current(g_secrets); }

void Describe(TextSink& json) { ::caponier::random::WriteAccount(*g_root, json); }

}  // namespace caponier::kernel::random
