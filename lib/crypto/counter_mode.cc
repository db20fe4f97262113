#include "lib/crypto/counter_mode.h"

#include <algorithm>

namespace caponier::crypto {

void FillKeyStream(const Aes256& cipher, Counter128& counter, CounterOrder order, MutableBytes stream) {
  while (stream.size() >= kAesBlockBytes) {
    // Up to where the low half wraps: the vector forms add to it alone. At zero the distance is 2^64, which no stream has.
    const u64 until_wrap = -counter.low - 1;  // less one block, so that the type holds it
    const u64 blocks = std::min<u64>(stream.size() / kAesBlockBytes - 1, until_wrap) + 1;
    const MutableBytes part = stream.first(blocks * kAesBlockBytes);
    cipher.EncryptCounters(counter, order, part);
    counter.low += blocks;
    if (counter.low == 0) counter.high++;
    stream = stream.subspan(part.size());
  }
  if (stream.empty()) return;
  std::byte block[kAesBlockBytes];
  cipher.EncryptCounters(counter, order, block);
  counter.Increment();
  __builtin_memcpy(stream.data(), block, stream.size());
  SecureWipe(block);
}

}  // namespace caponier::crypto
