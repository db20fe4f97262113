// Run under valgrind's memcheck: keys, plaintexts, counters and messages are marked undefined, so that memcheck reports every branch and
// every address that depends on them. The ciphers are compiled as a kernel has them. As a control, `table` and `branch` do what a careless
// cipher does, and must be reported.
#include <valgrind/memcheck.h>

#include <cstdlib>
#include <string_view>

#include "lib/crypto/counter_mode.h"
#include "lib/crypto/secret.h"
#include "lib/crypto/sha256.h"

namespace caponier::crypto {
namespace {

template <typename T>
void Hide(T& secret) {
  (void)VALGRIND_MAKE_MEM_UNDEFINED(&secret, sizeof(secret));
}

void Ciphers() {
  Secret<kAesKeyBytes> key;
  Hide(key);
  const Aes256 cipher(key.bytes(), AesForm::kPortable);
  std::byte text[11 * kAesBlockBytes];
  Hide(text);
  cipher.EncryptBlocks(text);
  cipher.EncryptBlocks(MutableBytes(text).first(3 * kAesBlockBytes));
  Counter128 counter{.low = 7};
  counter.high = reinterpret_cast<const u64&>(*key.bytes().data());
  FillKeyStream(cipher, counter, CounterOrder::kBigEndian, text);
  FillKeyStream(cipher, counter, CounterOrder::kLittleEndian, MutableBytes(text).first(37));

  std::byte message[300];
  Hide(message);
  Sha256 hash;
  hash.Absorb(Bytes(message).first(17));
  hash.Absorb(message);
  std::byte digest[kSha256Bytes];
  hash.Finish(digest);
  const Secret<kAesKeyBytes> moved = std::move(key);
}

volatile u8 g_table[256];
volatile int g_taken;
void Table() {
  u8 secret = 5;
  Hide(secret);
  g_taken = g_table[secret];
}

void Branch() {
  u8 secret = 5;
  Hide(secret);
  if (secret & 1) g_taken = 1;
}

}  // namespace
}  // namespace caponier::crypto

int main(int argc, char** argv) {
  using namespace caponier::crypto;
  if (!RUNNING_ON_VALGRIND) return 2;
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "ciphers") Ciphers();
  if (what == "table") Table();
  if (what == "branch") Branch();
}
