#include "lib/crypto/forms.h"

#include <atomic>

#if defined(CAPONIER_CRYPTO_X86)
#include "lib/arch/x86_instructions.h"
#elif defined(CAPONIER_CRYPTO_ARM)
#include "lib/arch/arm_hwcap.h"
#if defined(CAPONIER_FREESTANDING)
#include "lib/arch/arm_instructions.h"
#else
#include <sys/auxv.h>
#endif
#endif

namespace caponier::crypto {

using namespace std::string_view_literals;

std::string_view NameOf(AesForm form) {
  switch (form) {
    case AesForm::kPortable: return "portable"sv;
    case AesForm::kAesNi: return "aes-ni"sv;
    case AesForm::kVaes256: return "vaes-256"sv;
    case AesForm::kVaes512: return "vaes-512"sv;
    case AesForm::kArmv8: return "armv8"sv;
  }
  __builtin_unreachable();
}
std::string_view NameOf(ShaForm form) {
  switch (form) {
    case ShaForm::kPortable: return "portable"sv;
    case ShaForm::kShaNi: return "sha-ni"sv;
    case ShaForm::kArmv8: return "armv8"sv;
  }
  __builtin_unreachable();
}

#if defined(CAPONIER_CRYPTO_X86) || defined(CAPONIER_CRYPTO_ARM)

namespace {

// Each lists what the processor has; asking it costs a microsecond and more in a virtual machine, where CPUID is trapped.
#if defined(CAPONIER_CRYPTO_X86)
using Features = arch::X86Features;
Features AskProcessor() { return arch::DecodeX86(arch::ReadX86Words()); }
bool Has(const Features& features, AesForm form) {
  switch (form) {
    case AesForm::kPortable: return true;
    case AesForm::kAesNi: return features.aes_ni;
#if defined(CAPONIER_CRYPTO_VAES)
    case AesForm::kVaes256: return features.vaes_256;
    case AesForm::kVaes512: return features.vaes_512;
#endif
    default: return false;
  }
}
bool Has(const Features& features, ShaForm form) {
  return form == ShaForm::kPortable || (form == ShaForm::kShaNi && features.sha_ni);
}
#else
using Features = arch::ArmFeatures;
#if defined(CAPONIER_FREESTANDING)
Features AskProcessor() {
  const arch::ArmIsar0 sets = arch::ReadInstructionSets();
  return {.aes = sets.Get<arch::ArmIsar0::Aes>() != 0, .sha256 = sets.Get<arch::ArmIsar0::Sha2>() != 0};
}
#else
Features AskProcessor() { return arch::DecodeArm(arch::ArmHwcap(getauxval(AT_HWCAP)), arch::ArmHwcap2(getauxval(AT_HWCAP2))); }
#endif
bool Has(const Features& features, AesForm form) {
  return form == AesForm::kPortable || (form == AesForm::kArmv8 && features.aes);
}
bool Has(const Features& features, ShaForm form) {
  return form == ShaForm::kPortable || (form == ShaForm::kArmv8 && features.sha256);
}
#endif

struct Known {
  bool asked = false;
  Forms best;
  u8 aes = 0, sha = 0;  // bit n: form n runs
  u8 unused[3] = {};    // to eight bytes, which every machine loads whole
};
static_assert(std::atomic<Known>::is_always_lock_free && std::has_unique_object_representations_v<Known>);
constinit std::atomic<Known> g_known;

// Two threads that ask at once learn the same.
Known Ask() {
  const Features features = AskProcessor();
  Known known;
  known.asked = true;
  for (const AesForm form : kAesForms) {
    if (!Has(features, form)) continue;
    known.aes = static_cast<u8>(known.aes | 1u << static_cast<unsigned>(form));
    known.best.aes = form;  // each list goes from the slowest to the quickest
  }
  for (const ShaForm form : kShaForms) {
    if (!Has(features, form)) continue;
    known.sha = static_cast<u8>(known.sha | 1u << static_cast<unsigned>(form));
    known.best.sha = form;
  }
  g_known.store(known, std::memory_order_relaxed);
  return known;
}
Known Recall() {
  const Known known = g_known.load(std::memory_order_relaxed);
  return known.asked ? known : Ask();
}

}  // namespace

Forms BestForms() { return Recall().best; }
bool CanRun(AesForm form) { return (Recall().aes >> static_cast<unsigned>(form) & 1) != 0; }
bool CanRun(ShaForm form) { return (Recall().sha >> static_cast<unsigned>(form) & 1) != 0; }

#endif

}  // namespace caponier::crypto
