#include "lib/fortuna/accumulator.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "lib/fortuna/reference_for_test.h"

namespace caponier::fortuna {
namespace {

std::string Draw(Accumulator& accumulator, size_t n = 32) {
  std::string output(n, '\0');
  accumulator.Fill(std::as_writable_bytes(std::span(output)));
  return output;
}
std::string Event(u64 value, size_t size = 32) {
  std::mt19937_64 random(value);
  std::string event(size, '\0');
  for (char& c : event) c = static_cast<char>(random());
  return event;
}

// Random events of random sources and sizes, reseeds and draws, against the reference. The first 2^11 reseeds use pools 0 to 11.
TEST(Accumulator, AgreesWithTheReference) {
  std::mt19937_64 random(1);
  Accumulator ours;
  ReferenceFortuna reference;
  size_t turn[kMaxSources] = {};
  bool seeded = false;
  for (int reseed = 0; reseed < 2048; reseed++) {
    for (u64 events = random() % 4; events > 0; events--) {
      const u8 source = static_cast<u8>(random() % 3);
      const std::string data = Event(random(), random() % 70);
      ours.Absorb(source, AsBytes(data));
      for (size_t at = 0; at < data.size(); at += 32)
        reference.AddRandomEvent(source, seeded ? turn[source]++ % 32 : 0, data.substr(at, 32));
    }
    if (random() % 16 == 0) {
      ours.AbsorbFirst(9, AsBytes("urgent"));
      reference.AddRandomEvent(9, 0, "urgent");
    }
    ours.ReseedNow();
    reference.Reseed();
    seeded = true;
    ASSERT_EQ(Draw(ours), reference.PseudoRandomData(32)) << reseed;
  }
}

// Whether an event in a pool changes the output after the n-th reseed from now.
bool Reaches(size_t pool, u64 reseed) {
  std::string draws[2];
  for (int variant = 0; variant < 2; variant++) {
    Accumulator accumulator;
    accumulator.ReseedNow();  // the first: now events spread
    for (size_t i = 0; i <= pool; i++) accumulator.Absorb(0, AsBytes(Event(i == pool ? 1000 + static_cast<u64>(variant) : i)));
    for (u64 i = 2; i <= reseed; i++) accumulator.ReseedNow();
    draws[variant] = Draw(accumulator);
  }
  return draws[0] != draws[1];
}

TEST(Accumulator, PoolIServesEvery2ToTheIthReseed) {
  for (size_t pool = 0; pool < 8; pool++) {
    const u64 due = std::max<u64>(u64{1} << pool, 2);
    EXPECT_FALSE(Reaches(pool, due - 1)) << pool;
    EXPECT_TRUE(Reaches(pool, due)) << pool;
  }
}

TEST(Accumulator, BeforeTheFirstSeedEveryEventIsInIt) {
  std::set<std::string> draws;
  for (u64 changed = 0; changed < 100; changed++) {
    Accumulator accumulator;
    for (u64 i = 0; i < 100; i++) accumulator.Absorb(0, AsBytes(Event(i == changed ? 1000 : i)));
    accumulator.ReseedNow();
    draws.insert(Draw(accumulator));
  }
  EXPECT_EQ(draws.size(), 100u);
}

// A source that floods the pools does not move where another's events go.
TEST(Accumulator, SourcesHaveTheirOwnTurn) {
  for (int flood = 0; flood < 40; flood++) {
    std::string draws[2];
    for (int variant = 0; variant < 2; variant++) {
      Accumulator accumulator;
      accumulator.ReseedNow();
      for (int i = 0; i < flood; i++) accumulator.Absorb(1, AsBytes(Event(7)));
      accumulator.Absorb(2, AsBytes(Event(100 + static_cast<u64>(variant))));
      accumulator.ReseedNow();
      draws[variant] = Draw(accumulator);
    }
    EXPECT_NE(draws[0], draws[1]) << flood;
  }
}

class Timing : public testing::Test {
 protected:
  // Puts events into the pools until pool 0 holds at least `bytes`.
  void FillPool0(size_t bytes) {
    for (size_t held = 0; held < bytes; held += 32) accumulator_.AbsorbFirst(0, AsBytes(Event(1)));
  }
  Accumulator accumulator_;
  static constexpr u64 kMs = 1'000'000;
};

TEST_F(Timing, ReseedWaitsForTheFirstSeed) {
  FillPool0(1024);
  EXPECT_FALSE(accumulator_.MaybeReseed(1'000'000 * kMs));
}

TEST_F(Timing, ReseedWaitsFor64Bytes) {
  accumulator_.ReseedNow();
  accumulator_.AbsorbFirst(0, Bytes(AsBytes(Event(1))).first(31));
  accumulator_.AbsorbFirst(0, Bytes(AsBytes(Event(2))).first(32));
  EXPECT_FALSE(accumulator_.MaybeReseed(1'000 * kMs));
  accumulator_.AbsorbFirst(0, Bytes(AsBytes(Event(3))).first(1));
  EXPECT_TRUE(accumulator_.MaybeReseed(1'000 * kMs));
  EXPECT_EQ(accumulator_.reseeds(), 2u);
}

TEST_F(Timing, ReseedWaitsFor100Milliseconds) {
  accumulator_.ReseedNow();
  FillPool0(64);
  ASSERT_TRUE(accumulator_.MaybeReseed(1'000 * kMs));
  FillPool0(64);
  EXPECT_FALSE(accumulator_.MaybeReseed(1'100 * kMs - 1));
  EXPECT_FALSE(accumulator_.MaybeReseed(500 * kMs)) << "a clock that ran backwards";
  EXPECT_TRUE(accumulator_.MaybeReseed(1'100 * kMs));
  EXPECT_FALSE(accumulator_.MaybeReseed(9'000 * kMs)) << "pool 0 is empty again";
}

TEST_F(Timing, DrawsAndReseedsDiffer) {
  accumulator_.ReseedNow();
  std::set<std::string> draws;
  for (int i = 0; i < 20; i++) {
    draws.insert(Draw(accumulator_));
    if (i % 5 == 0) accumulator_.ReseedNow();
  }
  EXPECT_EQ(draws.size(), 20u);
}

}  // namespace
}  // namespace caponier::fortuna
