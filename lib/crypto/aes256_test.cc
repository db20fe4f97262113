#include "lib/crypto/aes256.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>
#include <vector>

#include "lib/crypto/aes256_blocks.h"
#include "lib/crypto/aes_sbox.h"
#include "lib/crypto/counter_mode.h"

namespace caponier::crypto {
namespace {

using Key = std::array<std::byte, kAesKeyBytes>;
using Buffer = std::vector<std::byte>;

Buffer FromHex(std::string_view hex) {
  Buffer bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}
Key KeyFromHex(std::string_view hex) {
  Key key;
  std::ranges::copy(FromHex(hex), key.begin());
  return key;
}

Buffer OpenSsl(const EVP_CIPHER* cipher, const Key& key, const std::byte* iv, Bytes input) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, cipher, nullptr, reinterpret_cast<const u8*>(key.data()), reinterpret_cast<const u8*>(iv));
  EVP_CIPHER_CTX_set_padding(context, 0);
  Buffer output(input.size() + 16);
  int length = 0;
  EVP_EncryptUpdate(context, reinterpret_cast<u8*>(output.data()), &length, reinterpret_cast<const u8*>(input.data()),
                    static_cast<int>(input.size()));
  EVP_CIPHER_CTX_free(context);
  output.resize(static_cast<size_t>(length));
  return output;
}

// The S-box by its definition [fips197] 5.1.1: the inverse modulo x^8 + x^4 + x^3 + x + 1, then the affine map.
u8 Multiply(u8 a, u8 b) {
  u8 product = 0;
  for (; b != 0; b >>= 1, a = static_cast<u8>(a << 1 ^ (a & 0x80 ? 0x1b : 0))) {
    if (b & 1) product ^= a;
  }
  return product;
}
u8 SboxByDefinition(u8 x) {
  u8 inverse = 0;
  for (int y = 0; y < 256; y++) {
    if (Multiply(x, static_cast<u8>(y)) == 1) inverse = static_cast<u8>(y);
  }
  u8 result = 0x63;
  for (unsigned shift = 0; shift < 5; shift++) result ^= std::rotl(inverse, static_cast<int>(shift));
  return result;
}

TEST(AesSbox, AllInputs) {
  for (int x = 0; x < 256; x++) {
    u8 planes[8];
    for (unsigned i = 0; i < 8; i++) planes[i] = x >> i & 1 ? 0xff : 0;
    SubBytes(planes);
    const u8 expected = SboxByDefinition(static_cast<u8>(x));
    for (unsigned i = 0; i < 8; i++) ASSERT_EQ(planes[i], expected >> i & 1 ? 0xff : 0) << x << " bit " << i;
  }
}

// Everything below holds for each form that this machine can run.
class EveryForm : public testing::TestWithParam<AesForm> {};
std::vector<AesForm> FormsHere() {
  std::vector<AesForm> here;
  for (const AesForm form : kAesForms) {
    if (CanRun(form)) here.push_back(form);
  }
  return here;
}
INSTANTIATE_TEST_SUITE_P(Aes256, EveryForm, testing::ValuesIn(FormsHere()), [](const auto& info) {
  std::string name(NameOf(info.param));
  std::erase(name, '-');
  return name;
});

TEST(Forms, TheBestOneRunsAndThePortableOneAlwaysDoes) {
  EXPECT_TRUE(CanRun(BestForms().aes) && CanRun(BestForms().sha));
  EXPECT_TRUE(CanRun(AesForm::kPortable) && CanRun(ShaForm::kPortable));
}

TEST_P(EveryForm, Fips197AppendixC3) {
  const Aes256 cipher(KeyFromHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), GetParam());
  Buffer block = FromHex("00112233445566778899aabbccddeeff");
  cipher.EncryptBlocks(block);
  EXPECT_EQ(block, FromHex("8ea2b7ca516745bfeafc49904b496089"));
}

constexpr std::string_view kSp800Key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
constexpr std::string_view kSp800Plain =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

TEST_P(EveryForm, Sp80038aF15EcbExample) {
  Buffer blocks = FromHex(kSp800Plain);
  Aes256(KeyFromHex(kSp800Key), GetParam()).EncryptBlocks(blocks);
  EXPECT_EQ(blocks, FromHex("f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
                            "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7"));
}

TEST_P(EveryForm, Sp80038aF55CounterExample) {
  const Aes256 cipher(KeyFromHex(kSp800Key), GetParam());
  Counter128 counter{.low = 0xf8f9fafbfcfdfeff, .high = 0xf0f1f2f3f4f5f6f7};
  Buffer stream(64);
  FillKeyStream(cipher, counter, CounterOrder::kBigEndian, stream);
  const Buffer plain = FromHex(kSp800Plain);
  for (size_t i = 0; i < stream.size(); i++) stream[i] ^= plain[i];
  EXPECT_EQ(stream, FromHex("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
                            "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"));
  EXPECT_EQ(counter, (Counter128{.low = 0xf8f9fafbfcfdff03, .high = 0xf0f1f2f3f4f5f6f7}));
}

TEST_P(EveryForm, ManyRandomBlocksAgreeWithOpenSsl) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 50'000; i++) {
    Key key;
    for (std::byte& b : key) b = static_cast<std::byte>(random());
    Buffer blocks(16 * (random() % 12));
    for (std::byte& b : blocks) b = static_cast<std::byte>(random());
    const Buffer expected = OpenSsl(EVP_aes_256_ecb(), key, nullptr, blocks);
    Aes256(key, GetParam()).EncryptBlocks(blocks);
    ASSERT_EQ(blocks, expected) << i;
  }
}

// Each block's ciphertext is the next block's plaintext, 1000 times, and each result changes the key: [aesavs] 6.4's chain, whole.
TEST_P(EveryForm, MonteCarloAgreesWithOpenSsl) {
  const auto chain = [](auto&& encrypt) {
    Key key{};
    Buffer block(16);
    for (int outer = 0; outer < 100; outer++) {
      for (int i = 0; i < 1000; i++) block = encrypt(key, block);
      for (size_t i = 0; i < 16; i++) key[16 + i] ^= block[i];
    }
    return block;
  };
  EXPECT_EQ(chain([](const Key& key, Buffer block) {
              Aes256(key, GetParam()).EncryptBlocks(block);
              return block;
            }),
            chain([](const Key& key, const Buffer& block) { return OpenSsl(EVP_aes_256_ecb(), key, nullptr, block); }));
}

// 50,000 streams of every length up to 700 bytes, so that every number of vectors and every rest comes up; a third of the
// counters are about to carry across all 64 low bits.
TEST_P(EveryForm, ManyRandomStreamsAgreeWithOpenSsl) {
  std::mt19937_64 random(4);
  for (size_t i = 0; i < 50'000; i++) {
    const size_t length = i % 701;
    Key key;
    for (std::byte& b : key) b = static_cast<std::byte>(random());
    Counter128 counter{.low = i % 3 == 0 ? ~u64{0} - random() % 50 : random(), .high = random()};
    const Counter128 start = counter;
    const u64 iv_words[2] = {__builtin_bswap64(counter.high), __builtin_bswap64(counter.low)};
    const Buffer expected = OpenSsl(EVP_aes_256_ctr(), key, reinterpret_cast<const std::byte*>(iv_words), Buffer(length));
    Buffer stream(length);
    FillKeyStream(Aes256(key, GetParam()), counter, CounterOrder::kBigEndian, stream);
    ASSERT_EQ(stream, expected) << length;
    const u64 blocks = (length + 15) / 16;
    ASSERT_EQ(counter, (Counter128{.low = start.low + blocks, .high = start.high + (start.low + blocks < start.low)}));
  }
}

TEST_P(EveryForm, LittleEndianOrderEncryptsTheCounterReversed) {
  std::mt19937_64 random(5);
  for (size_t length = 0; length < 700; length++) {
    Key key;
    for (std::byte& b : key) b = static_cast<std::byte>(random());
    Counter128 counter{.low = length % 2 == 0 ? ~u64{0} - length % 40 : random(), .high = random()};
    Buffer blocks;
    for (Counter128 next = counter; blocks.size() < length; next.Increment()) {
      const Bytes low = BytesOf(next.low), high = BytesOf(next.high);
      blocks.insert(blocks.end(), low.begin(), low.end());
      blocks.insert(blocks.end(), high.begin(), high.end());
    }
    Buffer expected = OpenSsl(EVP_aes_256_ecb(), key, nullptr, blocks), stream(length);
    expected.resize(length);
    FillKeyStream(Aes256(key, GetParam()), counter, CounterOrder::kLittleEndian, stream);
    ASSERT_EQ(stream, expected) << length;
  }
}

TEST_P(EveryForm, LeavesNoRoundKeyBehind) {
  alignas(Aes256) std::byte place[sizeof(Aes256)] = {};
  auto* cipher = new (place) Aes256(KeyFromHex(kSp800Key), GetParam());
  cipher->~Aes256();
  for (std::byte b : Bytes(place).first(sizeof(Aes256Schedule))) EXPECT_EQ(b, std::byte{0});
}

TEST(Aes256DeathTest, PartOfABlockTraps) {
  const Aes256 cipher(Key{});
  Buffer odd(17);
  EXPECT_DEATH(cipher.EncryptBlocks(odd), "");
  EXPECT_DEATH(cipher.EncryptCounters({}, CounterOrder::kBigEndian, odd), "");
}

TEST(Aes256DeathTest, AFormThatTheMachineLacksTraps) {
  for (const AesForm form : kAesForms) {
    if (!CanRun(form)) EXPECT_DEATH(Aes256(Key{}, form), "");
  }
}

#if defined(CAPONIER_CRYPTO_X86)
// All of them, read before anything else can change them.
[[gnu::always_inline]] inline std::array<std::byte, 256> VectorRegisters() {
  std::array<std::byte, 256> registers;
  asm volatile(
      "movdqu %%xmm0, (%0)\n movdqu %%xmm1, 16(%0)\n movdqu %%xmm2, 32(%0)\n movdqu %%xmm3, 48(%0)\n"
      "movdqu %%xmm4, 64(%0)\n movdqu %%xmm5, 80(%0)\n movdqu %%xmm6, 96(%0)\n movdqu %%xmm7, 112(%0)\n"
      "movdqu %%xmm8, 128(%0)\n movdqu %%xmm9, 144(%0)\n movdqu %%xmm10, 160(%0)\n movdqu %%xmm11, 176(%0)\n"
      "movdqu %%xmm12, 192(%0)\n movdqu %%xmm13, 208(%0)\n movdqu %%xmm14, 224(%0)\n movdqu %%xmm15, 240(%0)"
      :
      : "r"(registers.data())
      : "memory");
  return registers;
}

// No round key and no block of the output is left in a vector register, from where a signal or a lazily bound call would put it into
// memory that nobody wipes.
TEST(Aes256, LeavesNothingInVectorRegisters) {
  for (const AesForm form : {AesForm::kAesNi, AesForm::kVaes256, AesForm::kVaes512}) {
    if (!CanRun(form)) continue;
    Key key;
    key.fill(std::byte{0x5a});
    Aes256Schedule schedule;
    Aes256ExpandAesNi(key, schedule);  // to know what to look for
    const Aes256 cipher(key, form);
    const auto after_expansion = VectorRegisters();
    for (const size_t blocks : {1u, 2u, 3u, 8u, 32u, 37u}) {
      Buffer output(blocks * kAesBlockBytes);
      cipher.EncryptCounters({}, CounterOrder::kBigEndian, output);
      const auto after_stream = VectorRegisters();
      const auto* const secrets = reinterpret_cast<const std::byte*>(schedule.data());
      for (size_t at = 0; at < sizeof(after_stream); at += kAesBlockBytes) {
        const Bytes expansion(after_expansion.data() + at, kAesBlockBytes), stream(after_stream.data() + at, kAesBlockBytes);
        for (size_t secret = 0; secret < kRoundKeysBytes; secret += kAesBlockBytes) {
          EXPECT_FALSE(std::ranges::equal(expansion, Bytes(secrets + secret, kAesBlockBytes)))
              << NameOf(form) << " xmm" << at / 16;
          EXPECT_FALSE(std::ranges::equal(stream, Bytes(secrets + secret, kAesBlockBytes))) << NameOf(form) << " xmm" << at / 16;
        }
        for (size_t block = 0; block < output.size(); block += kAesBlockBytes)
          EXPECT_FALSE(std::ranges::equal(stream, Bytes(output).subspan(block, kAesBlockBytes)))
              << NameOf(form) << " xmm" << at / 16;
      }
    }
  }
}
#endif

}  // namespace
}  // namespace caponier::crypto
