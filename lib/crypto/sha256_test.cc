#include "lib/crypto/sha256.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "lib/crypto/sha256_blocks.h"

namespace caponier::crypto {
namespace {

using Digest = std::array<std::byte, kSha256Bytes>;

std::string Hex(Bytes bytes) {
  std::string text;
  for (std::byte b : bytes) {
    text += "0123456789abcdef"[static_cast<u8>(b) >> 4];
    text += "0123456789abcdef"[static_cast<u8>(b) & 15];
  }
  return text;
}

std::string HashHex(std::string_view message) {
  Sha256 hash;
  hash.Absorb(AsBytes(message));
  Digest digest;
  hash.Finish(digest);
  return Hex(digest);
}

// The examples of [fips180-4], as NIST publishes them with intermediate values, and the empty message.
TEST(Sha256, PublishedExamples) {
  EXPECT_EQ(HashHex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashHex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HashHex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HashHex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Every length around the block and padding edges, in two parts at every place, against OpenSSL.
TEST(Sha256, EveryLengthAndSplitAgreesWithOpenSsl) {
  std::mt19937_64 random(1);
  std::vector<std::byte> message(200);
  for (std::byte& b : message) b = static_cast<std::byte>(random());
  for (size_t length = 0; length <= message.size(); length++) {
    Digest expected;
    SHA256(reinterpret_cast<const u8*>(message.data()), length, reinterpret_cast<u8*>(expected.data()));
    for (size_t split = 0; split <= length; split++) {
      Sha256 hash;
      hash.Absorb(Bytes(message).first(split));
      hash.Absorb(Bytes(message).subspan(split, length - split));
      Digest digest;
      hash.Finish(digest);
      ASSERT_EQ(digest, expected) << length << " split at " << split;
    }
  }
}

TEST(Sha256, RandomMessagesAgreeWithOpenSsl) {
  std::mt19937_64 random(2);
  std::vector<std::byte> message(1024);
  for (int i = 0; i < 20'000; i++) {
    const size_t length = random() % message.size();
    for (size_t at = 0; at < length; at++) message[at] = static_cast<std::byte>(random());
    Digest expected, digest;
    SHA256(reinterpret_cast<const u8*>(message.data()), length, reinterpret_cast<u8*>(expected.data()));
    Sha256 hash;
    for (size_t at = 0; at < length;) {
      const size_t part = std::min<size_t>(length - at, random() % 150);
      hash.Absorb(Bytes(message).subspan(at, part));
      at += part;
    }
    hash.Finish(digest);
    ASSERT_EQ(digest, expected) << length;
  }
}

// The class uses the best form; here is each by itself: SHA-256 put together from its block function and the padding of the standard,
// 100,000 random messages against OpenSSL.
class EveryShaForm : public testing::TestWithParam<ShaForm> {};
std::vector<ShaForm> FormsHere() {
  std::vector<ShaForm> here;
  for (const ShaForm form : kShaForms) {
    if (CanRun(form)) here.push_back(form);
  }
  return here;
}
INSTANTIATE_TEST_SUITE_P(Sha256, EveryShaForm, testing::ValuesIn(FormsHere()), [](const auto& info) {
  std::string name(NameOf(info.param));
  std::erase(name, '-');
  return name;
});

TEST_P(EveryShaForm, ManyRandomMessagesAgreeWithOpenSsl) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; i++) {
    std::vector<std::byte> message(random() % 400);
    for (std::byte& b : message) b = static_cast<std::byte>(random());
    Digest expected, digest;
    SHA256(reinterpret_cast<const u8*>(message.data()), message.size(), reinterpret_cast<u8*>(expected.data()));
    const Be64 bits(message.size() * 8);
    message.push_back(std::byte{0x80});
    while (message.size() % 64 != 56) message.push_back(std::byte{0});
    const Bytes length = BytesOf(bits);
    message.insert(message.end(), length.begin(), length.end());
    std::array<u32, 8> state = Sha256InitialState();
    Sha256Blocks(GetParam(), state, message);
    for (size_t word = 0; word < 8; word++) {
      const Be32 big_endian(state[word]);
      std::memcpy(digest.data() + 4 * word, &big_endian, 4);
    }
    ASSERT_EQ(digest, expected) << i;
  }
}

TEST(Sha256, FinishStartsAnew) {
  Sha256 hash;
  Digest digest;
  hash.Absorb(AsBytes("something"));
  hash.Finish(digest);
  hash.Absorb(AsBytes("abc"));
  hash.Finish(digest);
  EXPECT_EQ(Hex(digest), HashHex("abc"));
}

// The chained test of [shavs] 6.4: each seed makes 1000 digests from the last three, a hundred times over.
TEST(Sha256, MonteCarloAgreesWithOpenSsl) {
  const auto chain = [](auto&& hash_of) {
    Digest seed{};
    for (int outer = 0; outer < 100; outer++) {
      Digest md[3] = {seed, seed, seed};
      for (int i = 0; i < 1000; i++) {
        std::array<std::byte, 3 * kSha256Bytes> message;
        for (int part = 0; part < 3; part++) std::copy(md[part].begin(), md[part].end(), message.begin() + 32 * part);
        md[0] = md[1];
        md[1] = md[2];
        md[2] = hash_of(message);
      }
      seed = md[2];
    }
    return seed;
  };
  const Digest ours = chain([](Bytes message) {
    Sha256 hash;
    Digest digest;
    hash.Absorb(message);
    hash.Finish(digest);
    return digest;
  });
  const Digest theirs = chain([](Bytes message) {
    Digest digest;
    SHA256(reinterpret_cast<const u8*>(message.data()), message.size(), reinterpret_cast<u8*>(digest.data()));
    return digest;
  });
  EXPECT_EQ(ours, theirs);
}

TEST(Sha256, LeavesNothingBehind) {
  alignas(Sha256) std::byte place[sizeof(Sha256)];
  auto* hash = new (place) Sha256;
  hash->Absorb(AsBytes("a secret that ends here"));
  hash->~Sha256();
  for (std::byte b : place) EXPECT_EQ(b, std::byte{0});
}

}  // namespace
}  // namespace caponier::crypto
