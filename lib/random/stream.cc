#include "lib/random/stream.h"

#include <algorithm>

#include "lib/fortuna/shad256.h"
#include "lib/random/report.h"

namespace caponier::random {
namespace {

constexpr std::string_view kDomainLabel = "caponier stream domain 1";
constexpr std::string_view kKeyLabel = "caponier stream key 1";

}  // namespace

Stream Stream::Open(Root& root, Seeded, std::string_view purpose) {
  Stream stream(root);
  fortuna::Shad256 hash;
  hash.Absorb(AsBytes(kDomainLabel));
  hash.Absorb(AsBytes(purpose));
  hash.Finish(stream.domain_.writable());
  stream.Rekey();
  return stream;
}

// New key = Hd(label || domain || old key || draw from the root); every part but the last has a fixed length. The old key is in it so
// that a root that an intruder has read cannot take over a stream that he has not.
void Stream::Rekey() {
  crypto::Secret<crypto::kAesKeyBytes> fresh;
  root_->Draw(fresh.writable());
  const auto key = block_.writable().first<crypto::kAesKeyBytes>();
  fortuna::Shad256 hash;
  hash.Absorb(AsBytes(kKeyLabel));
  hash.Absorb(domain_.bytes());
  hash.Absorb(key);
  hash.Absorb(fresh.bytes());
  SecureWipe(block_.writable());
  hash.Finish(key);
  ready_ = 0;
  generation_ = root_->generation();
}

void Stream::Refill() {
  const crypto::Aes256 cipher(block_.bytes().first<crypto::kAesKeyBytes>());
  crypto::Counter128 counter;
  crypto::FillKeyStream(cipher, counter, crypto::CounterOrder::kBigEndian, block_.writable());
  ready_ = kReadyBytes;
}

void Stream::TakeReady(MutableBytes output) {
  const MutableBytes taken = block_.writable().subspan(kRefillBytes - ready_, output.size());
  __builtin_memcpy(output.data(), taken.data(), taken.size());
  SecureWipe(taken);
  ready_ -= output.size();
}

void Stream::FillLarge(MutableBytes output) {
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

void Stream::Fill(MutableBytes output) {
  if (generation_ != root_->generation()) Rekey();
  if (output.size() > kReadyBytes) return FillLarge(output);
  while (!output.empty()) {
    if (ready_ == 0) Refill();
    const size_t part = std::min(output.size(), ready_);
    TakeReady(output.first(part));
    output = output.subspan(part);
  }
}

u64 Stream::Next() {
  u64 value;
  Fill(WritableBytesOf(value));
  return value;
}

// Multiplication by the bound spreads 2^64 values over it; the 2^64 mod bound values that would make some results likelier than
// others are drawn again [lemire]. The first test is true for any bound unless the low half is small, so a division is rare.
u64 Stream::Uniform(u64 bound) {
  if (bound == 0) StopForEmptyRange();
  auto product = static_cast<unsigned __int128>(Next()) * bound;
  if (static_cast<u64>(product) < bound) {
    const u64 excess = -bound % bound;
    while (static_cast<u64>(product) < excess) product = static_cast<unsigned __int128>(Next()) * bound;
  }
  return static_cast<u64>(product >> 64);
}

}  // namespace caponier::random
