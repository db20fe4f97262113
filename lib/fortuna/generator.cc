#include "lib/fortuna/generator.h"

#include <algorithm>

#include "lib/fortuna/shad256.h"

namespace caponier::fortuna {

void Generator::Reseed(Bytes seed) {
  Shad256 hash;
  hash.Absorb(key_.bytes());
  hash.Absorb(seed);
  hash.Finish(key_.writable());
  counter_.Increment();
}

void Generator::Fill(MutableBytes output) {
  if (!seeded()) __builtin_trap();
  while (!output.empty()) {
    const MutableBytes request = output.first(std::min(output.size(), kMaxRequestBytes));
    const crypto::Aes256 cipher(key_.bytes());
    crypto::FillKeyStream(cipher, counter_, crypto::CounterOrder::kLittleEndian, request);
    crypto::FillKeyStream(cipher, counter_, crypto::CounterOrder::kLittleEndian, key_.writable());
    output = output.subspan(request.size());
  }
}

}  // namespace caponier::fortuna
