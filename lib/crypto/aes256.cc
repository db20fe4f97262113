#include "lib/crypto/aes256.h"

#include "lib/crypto/aes256_blocks.h"
#include "lib/crypto/vectors.h"

namespace caponier::crypto {
namespace {

void WriteCounter(const Counter128& counter, CounterOrder order, std::byte* block) {
  const u64 words[2] = {order == CounterOrder::kLittleEndian ? counter.low : __builtin_bswap64(counter.high),
                        order == CounterOrder::kLittleEndian ? counter.high : __builtin_bswap64(counter.low)};
  __builtin_memcpy(block, words, sizeof(words));
}

void CountersPortable(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  for (size_t at = 0; at < stream.size(); at += kAesBlockBytes, counter.Increment())
    WriteCounter(counter, order, stream.data() + at);
  Aes256BlocksPortable(schedule, stream);
}

}  // namespace

Aes256::Aes256(std::span<const std::byte, kAesKeyBytes> key, AesForm form) : form_(form) {
  if (!CanRun(form)) __builtin_trap();
  if (form == AesForm::kPortable) {
    Aes256ExpandPortable(key, schedule_);
  } else {
    const VectorLoan loan;
#if defined(CAPONIER_CRYPTO_X86)
    Aes256ExpandAesNi(key, schedule_);
#elif defined(CAPONIER_CRYPTO_ARM)
    Aes256ExpandArmv8(key, schedule_);
#endif
  }
}

Aes256::~Aes256() {
  const MutableBytes all = WritableBytesOf(schedule_);
  SecureWipe(form_ == AesForm::kPortable ? all : all.first(kRoundKeysBytes));
}

void Aes256::EncryptBlocks(MutableBytes blocks) const {
  if (blocks.size() % kAesBlockBytes != 0) __builtin_trap();
  if (form_ == AesForm::kPortable) return Aes256BlocksPortable(schedule_, blocks);
  const VectorLoan loan;
#if defined(CAPONIER_CRYPTO_VAES)
  if (form_ == AesForm::kVaes512) return Aes256BlocksVaes512(schedule_, blocks);
  if (form_ == AesForm::kVaes256) return Aes256BlocksVaes256(schedule_, blocks);
#endif
#if defined(CAPONIER_CRYPTO_X86)
  Aes256BlocksAesNi(schedule_, blocks);
#elif defined(CAPONIER_CRYPTO_ARM)
  Aes256BlocksArmv8(schedule_, blocks);
#endif
}

void Aes256::EncryptCounters(Counter128 counter, CounterOrder order, MutableBytes stream) const {
  if (stream.size() % kAesBlockBytes != 0) __builtin_trap();
  if (form_ == AesForm::kPortable) return CountersPortable(schedule_, counter, order, stream);
  const VectorLoan loan;
#if defined(CAPONIER_CRYPTO_VAES)
  if (form_ == AesForm::kVaes512) return Aes256CountersVaes512(schedule_, counter, order, stream);
  if (form_ == AesForm::kVaes256) return Aes256CountersVaes256(schedule_, counter, order, stream);
#endif
#if defined(CAPONIER_CRYPTO_X86)
  Aes256CountersAesNi(schedule_, counter, order, stream);
#elif defined(CAPONIER_CRYPTO_ARM)
  Aes256CountersArmv8(schedule_, counter, order, stream);
#endif
}

}  // namespace caponier::crypto
