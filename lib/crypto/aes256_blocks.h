// What each form of AES-256 contributes. A schedule is only read by the functions of the form that wrote it, save that the three of x86
// share theirs: the fifteen round keys as the standard has them, one after the other.
#pragma once

#include "lib/crypto/aes256.h"
#include "lib/crypto/counter_mode.h"

namespace caponier::crypto {

// Bitsliced over 64-bit general registers: no table, and no index or branch that depends on key or data.
void Aes256ExpandPortable(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule);
void Aes256BlocksPortable(const Aes256Schedule& schedule, MutableBytes blocks);

// The accelerated forms, which their callers lend the vector registers (vectors.h): expansion, blocks in place, and successive counters
// encrypted into `stream`, whole blocks only, none of which makes the counter's low half wrap.
inline constexpr size_t kRoundKeysBytes = (kAesRounds + 1) * kAesBlockBytes;

#if defined(CAPONIER_CRYPTO_X86)
void Aes256ExpandAesNi(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule);
void Aes256BlocksAesNi(const Aes256Schedule& schedule, MutableBytes blocks);
void Aes256CountersAesNi(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream);
#if defined(CAPONIER_CRYPTO_VAES)
void Aes256BlocksVaes256(const Aes256Schedule& schedule, MutableBytes blocks);
void Aes256CountersVaes256(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream);
void Aes256BlocksVaes512(const Aes256Schedule& schedule, MutableBytes blocks);
void Aes256CountersVaes512(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream);
#endif
#elif defined(CAPONIER_CRYPTO_ARM)
void Aes256ExpandArmv8(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule);
void Aes256BlocksArmv8(const Aes256Schedule& schedule, MutableBytes blocks);
void Aes256CountersArmv8(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream);
#endif

}  // namespace caponier::crypto
