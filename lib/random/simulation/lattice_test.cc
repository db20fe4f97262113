#include "lib/random/simulation/lattice.h"

#include <gtest/gtest.h>

namespace caponier::random::simulation {
namespace {

constexpr u32 kAll = (u32{1} << entropy::kSourceCount) - 1;

// Draws of all boots differ exactly when a source is honest. With constants for the others, and nobody honest who earns credit, the health tests
// see that there is nothing and every boot is refused.
void Expect(u32 honest, Hostility hostility, u64 boots) {
  SCOPED_TRACE(testing::Message() << "honest " << honest << ", the others " << HostilityName(hostility));
  const LatticeOutcome outcome = TryLattice(honest, hostility, boots);
  const bool refused = hostility == Hostility::kConstant && !HasCredited(honest);
  EXPECT_EQ(outcome.refused, refused ? boots : 0);
  EXPECT_EQ(outcome.distinct, refused ? 0 : honest != 0 ? boots : 1);
}

TEST(SourceLattice, ConstantSources) {
  for (u32 honest = 0; honest <= kAll; honest++) Expect(honest, Hostility::kConstant, 2);
}
// Nobody can tell good noise that is replayed from good noise: with no honest source the machine draws, the same at each boot.
TEST(SourceLattice, ReplayedSources) {
  for (u32 honest = 0; honest <= kAll; honest++) Expect(honest, Hostility::kReplayed, 2);
}
TEST(SourceLattice, SourcesThatCancelTheOthers) {
  for (u32 honest = 0; honest <= kAll; honest++) {
    Expect(honest, Hostility::kCancelling, 2);
    // The control: what this adversary would do to a generator that takes the exclusive or of its sources.
    if (honest != kAll) EXPECT_EQ(TryLattice(honest, Hostility::kCancelling, 2).xor_distinct, 1u) << honest;
  }
  EXPECT_EQ(TryLattice(kAll, Hostility::kCancelling, 3).xor_distinct, 3u);
  EXPECT_EQ(TryLattice(1, Hostility::kReplayed, 3).xor_distinct, 3u);
}
TEST(SourceLattice, SourcesChosenWithAllOthersKnown) {
  // Here every subset of those that earn credit, without and with all the others; the command tries every subset.
  u32 uncredited = 0;
  for (u32 source = 1; source <= kAll; source <<= 1) uncredited |= HasCredited(source) ? 0 : source;
  for (u32 honest = 0; honest <= kAll; honest++) {
    if ((honest & uncredited) == 0 || (honest & uncredited) == uncredited) Expect(honest, Hostility::kChosen, 2);
  }
}
// The adversary that tries 4 inputs on average gets the two bits that this is worth, and the draws differ all the same.
TEST(SourceLattice, ChoosingGetsTheBitsThatItPaysForAndNoMore) {
  const LatticeOutcome chosen = TryLattice(1, Hostility::kChosen, 20), replayed = TryLattice(1, Hostility::kReplayed, 20);
  EXPECT_GE(chosen.steered, 19u);  // each boot's 32 tries fail with chance 0.0001
  EXPECT_EQ(chosen.distinct, 20u);
  EXPECT_LE(replayed.steered, 12u);  // 5 expected
}

}  // namespace
}  // namespace caponier::random::simulation
