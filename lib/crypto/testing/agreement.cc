// Every form that this machine has, against published values and, on 100,000 random cases each, against the portable form, which
// the unit tests compare with OpenSSL. A program without a library of its own, so that it can be built for another architecture and
// run under an emulator. Prints what it tried; status 1 at the first disagreement.
#include <array>
#include <cstdio>
#include <cstdlib>

#include "lib/crypto/counter_mode.h"
#include "lib/crypto/sha256.h"
#include "lib/crypto/sha256_blocks.h"

namespace caponier::crypto {
namespace {

// [splitmix]: the cases are the same every time.
struct Cases {
  u64 state;
  u64 Next() {
    u64 z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  void Fill(MutableBytes bytes) {
    for (std::byte& b : bytes) b = static_cast<std::byte>(Next());
  }
};

[[noreturn]] void Fail(const char* what, std::string_view form, u64 which) {
  std::printf("%.*s: %s, case %llu\n", static_cast<int>(form.size()), form.data(), what, static_cast<unsigned long long>(which));
  std::exit(1);
}
bool Same(Bytes a, Bytes b) { return a.size() == b.size() && __builtin_memcmp(a.data(), b.data(), a.size()) == 0; }

template <size_t N>
constexpr std::array<std::byte, N> FromHex(const char (&hex)[2 * N + 1]) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::array<std::byte, N> bytes;
  for (size_t i = 0; i < N; i++) bytes[i] = static_cast<std::byte>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  return bytes;
}

constexpr u64 kCases = 100'000;
constexpr size_t kLongest = 700;

void TryAes(AesForm form) {
  // [fips197] C.3 and [sp800-38a] F.5.5, the latter's key stream over zeros.
  const Aes256 c3(FromHex<32>("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), form);
  auto block = FromHex<16>("00112233445566778899aabbccddeeff");
  c3.EncryptBlocks(block);
  if (!Same(block, FromHex<16>("8ea2b7ca516745bfeafc49904b496089"))) Fail("FIPS 197 C.3", NameOf(form), 0);
  const Aes256 f5(FromHex<32>("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), form);
  Counter128 counter{.low = 0xf8f9fafbfcfdfeff, .high = 0xf0f1f2f3f4f5f6f7};
  FillKeyStream(f5, counter, CounterOrder::kBigEndian, block);
  if (!Same(block, FromHex<16>("0bdf7df1591716335e9a8b15c860c502"))) Fail("SP 800-38A F.5.5", NameOf(form), 0);

  Cases cases{1};
  static std::byte expected[kLongest], stream[kLongest];
  for (u64 i = 0; i < kCases; i++) {
    std::array<std::byte, kAesKeyBytes> key;
    cases.Fill(key);
    // One in eight is long, so that every number of vectors comes up; the others stay short for the portable form's sake.
    const size_t length = cases.Next() % (i % 8 == 0 ? kLongest : 100);
    Counter128 ours{.low = i % 3 == 0 ? ~u64{0} - cases.Next() % 50 : cases.Next(), .high = cases.Next()}, theirs = ours;
    const CounterOrder order = i % 2 == 0 ? CounterOrder::kBigEndian : CounterOrder::kLittleEndian;
    const Aes256 cipher(key, form), portable(key, AesForm::kPortable);
    const MutableBytes a = MutableBytes(stream).first(length), b = MutableBytes(expected).first(length);
    FillKeyStream(cipher, ours, order, a);
    FillKeyStream(portable, theirs, order, b);
    if (!Same(a, b) || ours != theirs) Fail("counter mode", NameOf(form), i);
    if (i % 4 != 0) continue;
    const size_t whole = length / kAesBlockBytes * kAesBlockBytes;
    cipher.EncryptBlocks(a.first(whole));
    portable.EncryptBlocks(b.first(whole));
    if (!Same(a, b)) Fail("blocks", NameOf(form), i);
  }
}

void TrySha(ShaForm form) {
  std::array<std::byte, kSha256BlockBytes> abc{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{0x80}};
  abc[63] = std::byte{24};
  std::array<u32, 8> state = Sha256InitialState();
  Sha256Blocks(form, state, abc);
  if (state[0] != 0xba7816bf || state[7] != 0xf20015ad) Fail("FIPS 180-4's abc", NameOf(form), 0);
  Cases cases{2};
  static std::byte message[5 * kSha256BlockBytes];
  for (u64 i = 0; i < kCases; i++) {
    const MutableBytes blocks = MutableBytes(message).first(cases.Next() % 6 * kSha256BlockBytes);
    cases.Fill(blocks);
    std::array<u32, 8> ours, theirs;
    for (size_t word = 0; word < 8; word++) ours[word] = theirs[word] = static_cast<u32>(cases.Next());
    Sha256Blocks(form, ours, blocks);
    Sha256BlocksPortable(theirs, blocks);
    if (ours != theirs) Fail("blocks", NameOf(form), i);
  }
}

}  // namespace
}  // namespace caponier::crypto

int main() {
  using namespace caponier::crypto;
  for (const AesForm form : kAesForms) {
    if (!CanRun(form)) continue;
    TryAes(form);
    std::printf("aes-256 %s agrees\n", NameOf(form).data());
  }
  for (const ShaForm form : kShaForms) {
    if (!CanRun(form)) continue;
    TrySha(form);
    std::printf("sha-256 %s agrees\n", NameOf(form).data());
  }
}
