// The forms that AES-256 and SHA-256 come in, and which of them this machine can run. Every form computes the same function, in a
// time that depends on the length alone.
//
// A kernel has the portable forms only: it is compiled without vector registers and never saves its own use of them, so that the
// program's survive every trap untouched. What it draws in bulk it pays for; what a hosted program draws runs on what the CPU has.
#pragma once

#include <string_view>

#include "lib/base/types.h"

#if !defined(CAPONIER_FREESTANDING) && defined(__x86_64__)
#define CAPONIER_CRYPTO_X86 1
#elif !defined(CAPONIER_FREESTANDING) && defined(__aarch64__)
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
