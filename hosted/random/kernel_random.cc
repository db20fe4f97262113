#include "hosted/random/kernel_random.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hosted/random/failure.h"
#include "lib/arch/arm_hwcap.h"
#include "lib/arch/arm_instructions.h"
#include "lib/arch/x86_instructions.h"

namespace caponier::hosted {
namespace {

// [intel-drng] lets RDRAND fail ten times in a row before it counts as broken. RDSEED runs dry whenever another core is quicker.
constexpr int kTries = 10;

bool FillByInstruction(std::optional<u64> (*execute)(), std::span<std::byte, 32> output) {
  for (size_t at = 0; at < output.size(); at += sizeof(u64)) {
    std::optional<u64> word;
    for (int i = 0; i < kTries && !word; i++) word = execute();
    if (!word) return false;
    __builtin_memcpy(output.data() + at, &*word, sizeof(u64));
  }
  return true;
}

}  // namespace

void FillFromKernel(MutableBytes output) {
  while (!output.empty()) {
    // The C library's own function is a place where a thread is cancelled, which may have the lock of all here.
    const long got = syscall(SYS_getrandom, output.data(), output.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // A buffer that is no memory: the program gets the fault that any other draw would give it.
    if (got < 0 && errno == EFAULT) *static_cast<volatile std::byte*>(output.data()) = std::byte{0};
    if (got <= 0) StopForLackOf("getrandom", got < 0 ? errno : 0);
    output = output.subspan(static_cast<size_t>(got));
  }
}

bool FillFromCpu(std::span<std::byte, 32> output) {
#if defined(__x86_64__)
  const arch::X86Features features = arch::DecodeX86(arch::ReadX86Words());
  if (features.rdseed && FillByInstruction(arch::ExecuteRdseed, output)) return true;
  return features.rdrand && FillByInstruction(arch::ExecuteRdrand, output);
#elif defined(__aarch64__)
  if (!arch::DecodeArm(arch::ArmHwcap(getauxval(AT_HWCAP)), arch::ArmHwcap2(getauxval(AT_HWCAP2))).rndr) return false;
  return FillByInstruction(arch::ExecuteRndrrs, output) || FillByInstruction(arch::ExecuteRndr, output);
#else
  return false;
#endif
}

}  // namespace caponier::hosted
