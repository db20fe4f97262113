#include "lib/random/erasing.h"

#include <algorithm>

#include "lib/fortuna/generator.h"
#include "lib/fortuna/shad256.h"

namespace caponier::random {
namespace {

constexpr std::string_view kKeyLabel = "caponier stream key 1";

}  // namespace

// New key = Hd(label || domain || old key || fresh); every part has a fixed length.
void Erasing::Rekey(std::span<const std::byte, crypto::kSha256Bytes> domain,
                    std::span<const std::byte, crypto::kAesKeyBytes> fresh) {
  const auto key = block_.writable().first<crypto::kAesKeyBytes>();
  fortuna::Shad256 hash;
  hash.Absorb(AsBytes(kKeyLabel));
  hash.Absorb(domain);
  hash.Absorb(key);
  hash.Absorb(fresh);
  SecureWipe(block_.writable());
  hash.Finish(key);
  ready_ = 0;
}

void Erasing::Refill() {
  const crypto::Aes256 cipher(block_.bytes().first<crypto::kAesKeyBytes>());
  crypto::Counter128 counter;
  crypto::FillKeyStream(cipher, counter, crypto::CounterOrder::kBigEndian, block_.writable());
  ready_ = kReadyBytes;
}

// Most draws are some words: those move and are wiped word by word, which costs less than two calls.
void Erasing::TakeReady(MutableBytes output) {
  const size_t size = output.size();
  std::byte* taken = block_.writable().data() + (kRefillBytes - ready_);
  ready_ -= size;
  if (size % sizeof(u64) != 0 || size > 8 * sizeof(u64)) {
    __builtin_memcpy(output.data(), taken, size);
    return SecureWipe({taken, size});
  }
  for (size_t at = 0; at < size; at += sizeof(u64)) {
    u64 word;
    __builtin_memcpy(&word, taken + at, sizeof(word));
    __builtin_memset(taken + at, 0, sizeof(word));
    __builtin_memcpy(output.data() + at, &word, sizeof(word));
  }
  asm volatile("" : : "r"(taken) : "memory");  // the zeros are written, whoever reads them
}

void Erasing::FillLarge(MutableBytes output) {
  while (!output.empty()) {
    const MutableBytes request = output.first(std::min(output.size(), fortuna::kMaxRequestBytes));
    crypto::Secret<crypto::kAesKeyBytes> key;
    if (ready_ < crypto::kAesKeyBytes) Refill();
    TakeReady(key.writable());
    const crypto::Aes256 cipher(key.bytes());
    crypto::Counter128 counter;
    crypto::FillKeyStream(cipher, counter, crypto::CounterOrder::kBigEndian, request);
    output = output.subspan(request.size());
  }
}

void Erasing::Fill(MutableBytes output) {
  if (output.size() > kReadyBytes) return FillLarge(output);
  while (!output.empty()) {
    if (ready_ == 0) Refill();
    const size_t part = std::min(output.size(), ready_);
    TakeReady(output.first(part));
    output = output.subspan(part);
  }
}

}  // namespace caponier::random
