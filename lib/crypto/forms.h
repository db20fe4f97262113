// The forms that AES-256 and SHA-256 come in, and which of them this machine can run. Every form computes the same function, in a
// time that depends on the length alone.
//
// A kernel is compiled without vector registers, which hold what the program left in them; the forms borrow them (vectors.h), those of 128
// bits only, since wider ones would have to be saved whole.
#pragma once

#include <string_view>

#include "lib/base/types.h"

#if defined(__x86_64__)
#define CAPONIER_CRYPTO_X86 1
#if !defined(CAPONIER_FREESTANDING)
#define CAPONIER_CRYPTO_VAES 1
#endif
#elif defined(__aarch64__)
#define CAPONIER_CRYPTO_ARM 1
#endif

namespace caponier::crypto {

enum class AesForm : u8 { kPortable, kAesNi, kVaes256, kVaes512, kArmv8 };
enum class ShaForm : u8 { kPortable, kShaNi, kArmv8 };

inline constexpr AesForm kAesForms[] = {AesForm::kPortable, AesForm::kAesNi, AesForm::kVaes256, AesForm::kVaes512,
                                        AesForm::kArmv8};
inline constexpr ShaForm kShaForms[] = {ShaForm::kPortable, ShaForm::kShaNi, ShaForm::kArmv8};

std::string_view NameOf(AesForm form);
std::string_view NameOf(ShaForm form);

struct Forms {
  AesForm aes = AesForm::kPortable;
  ShaForm sha = ShaForm::kPortable;
};

#if defined(CAPONIER_CRYPTO_X86) || defined(CAPONIER_CRYPTO_ARM)
// The quickest of this machine. Asks the CPU once.
Forms BestForms();
bool CanRun(AesForm form);
bool CanRun(ShaForm form);
#else
constexpr Forms BestForms() { return {}; }
constexpr bool CanRun(AesForm form) { return form == AesForm::kPortable; }
constexpr bool CanRun(ShaForm form) { return form == ShaForm::kPortable; }
#endif

}  // namespace caponier::crypto
