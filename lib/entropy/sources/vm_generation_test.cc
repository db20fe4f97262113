#include "lib/entropy/sources/vm_generation.h"

#include <gtest/gtest.h>

#include <vector>

namespace caponier::entropy {
namespace {

struct Draws {
  std::vector<u64> renewed;
  int drawn = 0;
};

// One draw; `during(n)` happens in the middle of the n-th try.
template <typename During>
Draws Draw(VmGeneration& generation, During during) {
  Draws draws;
  DrawInOneGeneration(
      generation, [&](VmGeneration::Id id) { draws.renewed.push_back(id[0]); },
      [&] {
        draws.drawn++;
        during(draws.drawn);
      });
  return draws;
}

TEST(VmGeneration, AbsentNeverChanges) {
  VmGeneration generation;
  EXPECT_FALSE(generation.present());
  const Draws draws = Draw(generation, [](int) {});
  EXPECT_EQ(draws.drawn, 1);
  EXPECT_TRUE(draws.renewed.empty());
}

TEST(VmGeneration, AChangeIsSeenBeforeTheNextDraw) {
  u64 page[2] = {1, 2};
  VmGeneration generation(page);
  EXPECT_EQ(Draw(generation, [](int) {}).renewed.size(), 0u);
  page[0] = 5;
  EXPECT_EQ(Draw(generation, [](int) {}).renewed, std::vector<u64>{5});
  EXPECT_EQ(Draw(generation, [](int) {}).renewed.size(), 0u);
  page[1] = 9;
  EXPECT_EQ(Draw(generation, [](int) {}).renewed.size(), 1u) << "either half counts";
}

TEST(VmGeneration, ADrawThatARestoreCameIntoIsRepeated) {
  u64 page[2] = {1, 2};
  VmGeneration generation(page);
  const Draws draws = Draw(generation, [&](int time) {
    if (time <= 2) page[0] = 10 + static_cast<u64>(time);
  });
  EXPECT_EQ(draws.drawn, 3);
  EXPECT_EQ(draws.renewed, (std::vector<u64>{11, 12}));
}

}  // namespace
}  // namespace caponier::entropy
