#include "lib/random/stream.h"

#include "lib/fortuna/shad256.h"
#include "lib/random/report.h"
#include "lib/random/uniform.h"

namespace caponier::random {
namespace {

constexpr std::string_view kDomainLabel = "caponier stream domain 1";

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

void Stream::Rekey() {
  crypto::Secret<crypto::kAesKeyBytes> fresh;
  root_->Draw(fresh.writable());
  bytes_.Rekey(domain_.bytes(), fresh.bytes());
  generation_ = root_->generation();
}

void Stream::Fill(MutableBytes output) {
  if (generation_ != root_->generation()) Rekey();
  bytes_.Fill(output);
}

u64 Stream::Next() {
  u64 value;
  Fill(WritableBytesOf(value));
  return value;
}

u64 Stream::Uniform(u64 bound) {
  if (bound == 0) StopForEmptyRange();
  return UniformBelow(bound, [this] { return Next(); });
}

}  // namespace caponier::random
