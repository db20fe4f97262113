#include "kernel/random/seed_file.h"

#include "kernel/drivers/link.h"
#include "kernel/random/random.h"
#include "lib/link/protocol.h"

namespace caponier::kernel::random {
namespace {

bool g_wanted;

}  // namespace

void WantSeedFile(bool wanted) { g_wanted = wanted; }

void TakeLauncherSeed(MutableBytes seed) {
  if (!seed.empty()) MixInLauncherSeed(seed);
  SecureWipe(seed);
}

void SendNextSeed() {
  if (!g_wanted) return;
  crypto::Secret<::caponier::link::kSeedBytes> next;
  FillSeedFile(next.writable());
  drivers::link::SendSeed(next.bytes());
}

}  // namespace caponier::kernel::random
