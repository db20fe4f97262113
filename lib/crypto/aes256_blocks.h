// What each kind of machine contributes to AES-256. A schedule is only read by the functions of the kind that wrote it.
#pragma once

#include "lib/crypto/aes256.h"

namespace caponier::crypto {

// Bitsliced over 64-bit general registers: no table, and no index or branch that depends on key or data.
void Aes256ExpandPortable(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule);
void Aes256BlocksPortable(const Aes256Schedule& schedule, MutableBytes blocks);

}  // namespace caponier::crypto
