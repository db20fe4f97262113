#include "lib/fortuna/generator.h"

#include <gtest/gtest.h>

#include <random>

#include "lib/fortuna/reference_for_test.h"

namespace caponier::fortuna {
namespace {

std::string Draw(Generator& generator, size_t n) {
  std::string output(n, '\0');
  generator.Fill(std::as_writable_bytes(std::span(output)));
  return output;
}

// Values that the Python Cryptography Toolkit's Fortuna gives for seed 01 02 03 04, then after 2^20 bytes more, then after seed 05. It
// hashes without the book's block of zeros, so they check the reference; the reference with the block checks the implementation.
TEST(ReferenceGenerator, AgreesWithPublishedValues) {
  ReferenceGenerator generator(false);
  generator.Reseed("\x01\x02\x03\x04");
  EXPECT_EQ(generator.PseudoRandomData(100).substr(0, 8), "\x52\xfe\xe9\x8b\xfe\x55\x06\xde");
  EXPECT_EQ(generator.PseudoRandomData((1 << 20) + 100).substr(1 << 20, 8), "\x7a\xa4\x1a\x43\x66\x41\x1e\xd9");
  generator.Reseed("\x05");
  EXPECT_EQ(generator.PseudoRandomData(100).substr(0, 8), "\xd9\xa8\x8d\xa7\x2e\x09\xda\xbc");
}

TEST(Generator, AgreesWithTheReference) {
  std::mt19937_64 random(1);
  Generator ours;
  ReferenceGenerator reference;
  for (int step = 0; step < 300; step++) {
    if (step == 0 || random() % 4 == 0) {
      std::string seed(random() % 100, '\0');
      for (char& c : seed) c = static_cast<char>(random());
      ours.Reseed(AsBytes(seed));
      reference.Reseed(seed);
    }
    const size_t n = random() % 300;
    ASSERT_EQ(Draw(ours, n), reference.PseudoRandomData(n)) << step;
  }
}

// The key changes at 2^20 bytes inside a request, exactly there, and at its end.
TEST(Generator, LongRequestsAgreeWithTheReference) {
  for (size_t n : {kMaxRequestBytes - 1, kMaxRequestBytes, kMaxRequestBytes + 1, 2 * kMaxRequestBytes + 17}) {
    Generator ours;
    ReferenceGenerator reference;
    ours.Reseed(AsBytes("seed"));
    reference.Reseed("seed");
    ASSERT_TRUE(Draw(ours, n) == reference.PseudoRandomData(n)) << n;
    ASSERT_EQ(Draw(ours, 32), reference.PseudoRandomData(32)) << n;
  }
}

// What an intruder reads after a request does not give the request: its key is gone, so the same state cannot make it again.
TEST(Generator, StateAfterARequestDoesNotRepeatIt) {
  Generator generator;
  generator.Reseed(AsBytes("seed"));
  const std::string first = Draw(generator, 64);
  const std::string second = Draw(generator, 64);
  EXPECT_NE(first, second);
  alignas(Generator) char copy[sizeof(Generator)];
  __builtin_memcpy(copy, static_cast<const void*>(&generator), sizeof(copy));
  EXPECT_EQ(std::string(copy, sizeof(copy)).find(second.substr(0, 16)), std::string::npos);
}

TEST(GeneratorDeathTest, UnseededTraps) {
  Generator generator;
  EXPECT_FALSE(generator.seeded());
  EXPECT_DEATH(Draw(generator, 1), "");
}

}  // namespace
}  // namespace caponier::fortuna
