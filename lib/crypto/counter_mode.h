// AES-256 in counter mode [sp800-38a] 6.5, as a source of key stream. The counter is a 128-bit number; the standard's examples
// write it big-endian, Fortuna little-endian [fsk] 9.4, and both are here.
#pragma once

#include "lib/crypto/aes256.h"

namespace caponier::crypto {

// Fills `stream` with the encryption of successive counters; what is left over of the last block is dropped. `counter` ends at
// the first value not used.
void FillKeyStream(const Aes256& cipher, Counter128& counter, CounterOrder order, MutableBytes stream);

}  // namespace caponier::crypto
