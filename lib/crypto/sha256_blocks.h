// What each form contributes to SHA-256: advancing the state over whole blocks. All of them agree on every input.
#pragma once

#include <span>

#include "lib/base/bytes.h"
#include "lib/crypto/forms.h"
#include "lib/crypto/vectors.h"

namespace caponier::crypto {

// `blocks` is a multiple of 64 bytes. Uses general registers only, and no index or branch that depends on the data.
void Sha256BlocksPortable(std::span<u32, 8> state, Bytes blocks);
#if defined(CAPONIER_CRYPTO_X86)
void Sha256BlocksShaNi(std::span<u32, 8> state, Bytes blocks);
#elif defined(CAPONIER_CRYPTO_ARM)
void Sha256BlocksArmv8(std::span<u32, 8> state, Bytes blocks);
#endif

// `form` is one that CanRun says this machine has.
inline void Sha256Blocks(ShaForm form, std::span<u32, 8> state, Bytes blocks) {
  if (form == ShaForm::kPortable) return Sha256BlocksPortable(state, blocks);
  const VectorLoan loan;
#if defined(CAPONIER_CRYPTO_X86)
  Sha256BlocksShaNi(state, blocks);
#elif defined(CAPONIER_CRYPTO_ARM)
  Sha256BlocksArmv8(state, blocks);
#endif
}

}  // namespace caponier::crypto
