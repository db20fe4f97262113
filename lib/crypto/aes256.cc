#include "lib/crypto/aes256.h"

#include "lib/crypto/aes256_blocks.h"

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

// `form` never says what this build lacks, so that in a kernel all of these are one call.
Aes256::Aes256(std::span<const std::byte, kAesKeyBytes> key, AesForm form) : form_(form) {
  if (!CanRun(form)) __builtin_trap();
  switch (form) {
#if defined(CAPONIER_CRYPTO_X86)
    case AesForm::kAesNi:
    case AesForm::kVaes256:
    case AesForm::kVaes512: Aes256ExpandAesNi(key, schedule_); break;
#elif defined(CAPONIER_CRYPTO_ARM)
    case AesForm::kArmv8: Aes256ExpandArmv8(key, schedule_); break;
#endif
    default: Aes256ExpandPortable(key, schedule_);
  }
}

Aes256::~Aes256() {
  const MutableBytes all = WritableBytesOf(schedule_);
  SecureWipe(form_ == AesForm::kPortable ? all : all.first(kRoundKeysBytes));
}

void Aes256::EncryptBlocks(MutableBytes blocks) const {
  if (blocks.size() % kAesBlockBytes != 0) __builtin_trap();
  switch (form_) {
#if defined(CAPONIER_CRYPTO_X86)
    case AesForm::kAesNi: return Aes256BlocksAesNi(schedule_, blocks);
    case AesForm::kVaes256: return Aes256BlocksVaes256(schedule_, blocks);
    case AesForm::kVaes512: return Aes256BlocksVaes512(schedule_, blocks);
#elif defined(CAPONIER_CRYPTO_ARM)
    case AesForm::kArmv8: return Aes256BlocksArmv8(schedule_, blocks);
#endif
    default: return Aes256BlocksPortable(schedule_, blocks);
  }
}

void Aes256::EncryptCounters(Counter128 counter, CounterOrder order, MutableBytes stream) const {
  if (stream.size() % kAesBlockBytes != 0) __builtin_trap();
  switch (form_) {
#if defined(CAPONIER_CRYPTO_X86)
    case AesForm::kAesNi: return Aes256CountersAesNi(schedule_, counter, order, stream);
    case AesForm::kVaes256: return Aes256CountersVaes256(schedule_, counter, order, stream);
    case AesForm::kVaes512: return Aes256CountersVaes512(schedule_, counter, order, stream);
#elif defined(CAPONIER_CRYPTO_ARM)
    case AesForm::kArmv8: return Aes256CountersArmv8(schedule_, counter, order, stream);
#endif
    default: return CountersPortable(schedule_, counter, order, stream);
  }
}

}  // namespace caponier::crypto
