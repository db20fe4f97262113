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

// Random events of random sources, sizes and credits, failures, reseeds and draws, against the reference. The first 2^11 reseeds use
// pools 0 to 11.
TEST(Accumulator, AgreesWithTheReference) {
  std::mt19937_64 random(1);
  Accumulator ours;
  ReferenceFortuna reference;
  for (int reseed = 0; reseed < 2048; reseed++) {
    for (u64 events = random() % 8; events > 0; events--) {
      const u8 source = static_cast<u8>(random() % 5);
      const std::string data = Event(random(), random() % 70);
      // Source 0 has no credit; the others have all that fits, little, or now and then some.
      const u64 most = 8 * data.size(), some = random() % 300;
      const u64 credit = source == 0 ? 0 : source == 1 ? most : source == 2 ? std::min<u64>(most, 9) : std::min(most, some);
      ours.Absorb(source, AsBytes(data), credit);
      reference.AddEvents(source, data, static_cast<unsigned>(credit));
      if (random() % 4 == 0) {
        ASSERT_EQ(Draw(ours), reference.PseudoRandomData(32)) << reseed;
      }
    }
    if (random() % 16 == 0) {
      ours.AbsorbFirst(9, AsBytes("urgent"));
      reference.AddEventsToPool0(9, "urgent");
    }
    if (random() % 64 == 0) {
      const u8 broken = static_cast<u8>(random() % 5);
      ours.Distrust(broken);
      reference.Distrust(broken);
    }
    ours.ReseedNow();
    reference.Reseed();
    ASSERT_EQ(Draw(ours), reference.PseudoRandomData(32)) << reseed;
    ASSERT_EQ(ours.hedge_reseeds(), reference.hedge_reseeds());
  }
  EXPECT_GT(ours.hedge_reseeds(), 500u);
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

// A hedge that is full reseeds at once, with all that it holds and without a clock; between that nothing changes the key.
TEST(Accumulator, AFullHedgeReseedsAtOnce) {
  std::set<std::string> draws;
  for (u64 changed = 0; changed < 4; changed++) {  // 0: none of the three events
    Accumulator accumulator;
    accumulator.ReseedNow();
    for (u64 i = 1; i <= 3; i++) accumulator.Absorb(3, AsBytes(Event(i == changed ? 1000 : i)), i == 3 ? 80 : 81);
    EXPECT_EQ(accumulator.hedge_reseeds(), 1u);
    EXPECT_EQ(accumulator.reseeds(), 1u);
    draws.insert(Draw(accumulator));
  }
  EXPECT_EQ(draws.size(), 4u);
  std::string states[2];
  for (u64 variant = 0; variant < 2; variant++) {
    Accumulator accumulator;
    accumulator.ReseedNow();
    accumulator.Absorb(3, AsBytes(Event(variant)), 79);
    states[variant] = Draw(accumulator);
  }
  EXPECT_EQ(states[0], states[1]);
}

TEST(Accumulator, CreditBelongsToTheDataEvenly) {
  Accumulator accumulator;
  accumulator.ReseedNow();
  accumulator.Absorb(3, AsBytes(Event(1, 64)), 170);  // one event of 170 bits would be a turn; two of 85 are not yet
  EXPECT_EQ(accumulator.hedge_reseeds(), 0u);
  accumulator.Absorb(3, AsBytes(Event(2, 32)), 60);
  EXPECT_EQ(accumulator.hedge_reseeds(), 1u);
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
