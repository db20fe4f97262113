#include "lib/fortuna/schedule.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace caponier::fortuna {
namespace {

Schedule Seeded() {
  Schedule schedule;
  schedule.BeginReseed();
  return schedule;
}
size_t PlaceAndUse(Schedule& schedule, u8 source, u64 credit_bits) {
  const size_t place = schedule.Place(source, kMaxEventBytes, credit_bits);
  if (place == Schedule::kToHedge && schedule.HedgeFull(source)) schedule.UseHedge(source);
  return place;
}

TEST(Schedule, BeforeTheFirstSeedAllGoesToPoolZero) {
  Schedule schedule;
  for (int i = 0; i < 100; i++) EXPECT_EQ(PlaceAndUse(schedule, 1, 256), 0u);
  EXPECT_EQ(schedule.hedge_reseeds(), 0u);
}

TEST(Schedule, HedgeAndPoolsTakeTurns) {
  Schedule schedule = Seeded();
  std::vector<size_t> places;
  for (int i = 0; i < 16; i++) places.push_back(PlaceAndUse(schedule, 1, 128));  // two fill the hedge
  constexpr size_t kH = Schedule::kToHedge;
  EXPECT_EQ(places, (std::vector<size_t>{kH, kH, 0, 1, 2, 3, 4, 5, kH, kH, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(schedule.hedge_reseeds(), 2u);
  EXPECT_EQ(schedule.reseeds(), 1u) << "the pools' schedule does not count them";
}

// A turn ends where its credit is nearest to 240 bits.
TEST(Schedule, TurnsEndNearest240Bits) {
  for (const auto [credit, events] : {std::pair{256u, 1u}, {160u, 1u}, {159u, 2u}, {96u, 2u}, {95u, 3u}, {64u, 4u}, {1u, 240u}}) {
    Schedule schedule = Seeded();
    u32 taken = 0;
    while (schedule.hedge_reseeds() == 0) taken += PlaceAndUse(schedule, 1, credit) == Schedule::kToHedge;
    EXPECT_EQ(taken, events) << credit;
  }
}

TEST(Schedule, CreditIsAtMostWhatTheBytesHold) {
  Schedule schedule = Seeded();
  for (int i = 0; i < 29; i++) {
    EXPECT_EQ(schedule.Place(1, 1, ~u64{0}), Schedule::kToHedge);
    EXPECT_FALSE(schedule.HedgeFull(1)) << i;
  }
  schedule.Place(1, 1, ~u64{0});
  EXPECT_TRUE(schedule.HedgeFull(1)) << "30 bytes";
}

// Whatever the credits, the pools have three of four of a source's events, save the turn that is going on, and in the usual order.
TEST(Schedule, PoolsGetThreeOfFourEventsWhateverTheCredits) {
  std::mt19937_64 random(1);
  for (int run = 0; run < 200; run++) {
    Schedule schedule = Seeded();
    const u64 most = 1 + random() % 256;
    u64 in_pools = 0, in_hedge = 0;
    for (int i = 0; i < 5000; i++) {
      if (random() % 500 == 0) schedule.Distrust(1);
      const size_t place = PlaceAndUse(schedule, 1, random() % (most + 1));
      if (place == Schedule::kToHedge) {
        in_hedge++;
      } else {
        ASSERT_EQ(place, in_pools++ % kPools);
      }
      ASSERT_LE(in_hedge, in_pools / 3 + 2 * kHedgeBits);
    }
  }
}

// Events without credit, and those of other sources, go where they would go if there were no hedge and no liar.
TEST(Schedule, LiesOfOneSourceMoveNoEventOfAnother) {
  Schedule alone = Seeded(), beside = Seeded();
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; i++) {
    for (u64 lies = random() % 4; lies > 0; lies--) PlaceAndUse(beside, 2, random() % 257);
    if (random() % 100 == 0) beside.Distrust(2);
    const u8 source = random() % 2 == 0 ? 0 : 1;
    const u64 credit = source == 0 ? 0 : 20;
    const size_t place = PlaceAndUse(alone, source, credit);
    ASSERT_EQ(PlaceAndUse(beside, source, credit), place) << i;
    if (source == 0) {
      ASSERT_NE(place, Schedule::kToHedge);
    }
  }
}

TEST(Schedule, DistrustForgetsCreditAndGivesThePoolsTheirTurn) {
  Schedule schedule = Seeded();
  EXPECT_EQ(PlaceAndUse(schedule, 1, 100), Schedule::kToHedge);
  EXPECT_EQ(PlaceAndUse(schedule, 1, 90), Schedule::kToHedge);
  schedule.Distrust(1);
  for (int i = 0; i < 6; i++) EXPECT_NE(PlaceAndUse(schedule, 1, 100), Schedule::kToHedge);
  for (int i = 0; i < 2; i++) EXPECT_EQ(PlaceAndUse(schedule, 1, 60), Schedule::kToHedge);
  EXPECT_EQ(schedule.hedge_reseeds(), 0u) << "what was counted before is not counted now";
}

}  // namespace
}  // namespace caponier::fortuna
