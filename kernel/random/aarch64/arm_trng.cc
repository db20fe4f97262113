#include "kernel/random/aarch64/arm_trng.h"

#include "lib/entropy/sources/arm_trng.h"
#include "lib/random/harvest.h"

namespace caponier::kernel::random {
namespace {

// One call [smccc] 2: a function's number in w0, its arguments behind it; the callee may change registers 0 to 17.
entropy::smccc::Registers CallFirmware(Conduit conduit, u32 function, u64 argument) {
  register u64 x0 asm("x0") = function;
  register u64 x1 asm("x1") = argument;
  register u64 x2 asm("x2") = 0;
  register u64 x3 asm("x3") = 0;
  if (conduit == Conduit::kSmc) {
    asm volatile("smc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                   "x15", "x16", "x17", "memory");
  } else {
    asm volatile("hvc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                   "x15", "x16", "x17", "memory");
  }
  return {x0, x1, x2, x3};
}

}  // namespace

void HarvestArmTrng(::caponier::random::Root& root, Conduit conduit) {
  const auto call = [conduit](u32 function, u64 argument) { return CallFirmware(conduit, function, argument); };
  if (!entropy::ArmTrngIsOffered(call)) return;
  entropy::ArmTrng source(call);
  ::caponier::random::Harvest(root, source, entropy::kArmTrngBootWords);
}

}  // namespace caponier::kernel::random
