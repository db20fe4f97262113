#include "lib/crypto/counter_mode.h"

namespace caponier::crypto {
namespace {

void WriteCounter(const Counter128& counter, CounterOrder order, std::byte* block) {
  const u64 words[2] = {order == CounterOrder::kLittleEndian ? counter.low : __builtin_bswap64(counter.high),
                        order == CounterOrder::kLittleEndian ? counter.high : __builtin_bswap64(counter.low)};
  __builtin_memcpy(block, words, sizeof(words));
}

}  // namespace

void FillKeyStream(const Aes256& cipher, Counter128& counter, CounterOrder order, MutableBytes stream) {
  const size_t whole = stream.size() / kAesBlockBytes * kAesBlockBytes;
  for (size_t at = 0; at < whole; at += kAesBlockBytes, counter.Increment()) WriteCounter(counter, order, stream.data() + at);
  cipher.EncryptBlocks(stream.first(whole));
  const MutableBytes rest = stream.subspan(whole);
  if (rest.empty()) return;
  std::byte block[kAesBlockBytes];
  WriteCounter(counter, order, block);
  counter.Increment();
  cipher.EncryptBlocks(block);
  __builtin_memcpy(rest.data(), block, rest.size());
  SecureWipe(block);
}

}  // namespace caponier::crypto
