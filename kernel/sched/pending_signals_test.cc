#include "kernel/sched/pending_signals.h"

#include <gtest/gtest.h>

#include "lib/linux_abi/signal_numbers.h"

namespace caponier::sched {
namespace {

using namespace linux_abi;

SignalInfo Info(int signal, u64 value = 0) { return {.signal = signal, .value = value}; }

TEST(PickSignal, FaultsComeBeforeLowerNumbers) {
  EXPECT_EQ(PickSignal(0), 0);
  EXPECT_EQ(PickSignal(SignalBit(kSIGTERM) | SignalBit(kSIGUSR1)), kSIGUSR1);
  EXPECT_EQ(PickSignal(SignalBit(kSIGHUP) | SignalBit(kSIGSEGV)), kSIGSEGV);
  EXPECT_EQ(PickSignal(SignalBit(kSIGSEGV) | SignalBit(kSIGBUS)), kSIGBUS);
  EXPECT_EQ(PickSignal(SignalBit(64)), 64);
}

TEST(DefaultAction, IsThatOfTheManualPage) {
  EXPECT_EQ(DefaultActionOf(kSIGTERM), DefaultAction::kTerminate);
  EXPECT_EQ(DefaultActionOf(kSIGABRT), DefaultAction::kCore);
  EXPECT_EQ(DefaultActionOf(kSIGCHLD), DefaultAction::kIgnore);
  EXPECT_EQ(DefaultActionOf(kSIGWINCH), DefaultAction::kIgnore);
  EXPECT_EQ(DefaultActionOf(kSIGTSTP), DefaultAction::kStop);
  EXPECT_EQ(DefaultActionOf(kSIGCONT), DefaultAction::kContinue);
  EXPECT_EQ(DefaultActionOf(kSIGRTMIN), DefaultAction::kTerminate);
}

TEST(PendingSignals, AStandardSignalWaitsOnceWithItsFirstDetails) {
  PendingSignals pending;
  ASSERT_TRUE(pending.Add(Info(kSIGUSR1, 1)).ok());
  ASSERT_TRUE(pending.Add(Info(kSIGUSR1, 2)).ok());
  EXPECT_EQ(pending.queued(), 1u);
  EXPECT_EQ(pending.Take(kSIGUSR1).value, 1u);
  EXPECT_EQ(pending.set(), 0u);
}

TEST(PendingSignals, RealTimeSignalsQueueInOrder) {
  PendingSignals pending;
  for (u64 value = 1; value <= 3; value++) {
    ASSERT_TRUE(pending.Add(Info(kSIGRTMIN + 2, value)).ok());
    ASSERT_TRUE(pending.Add(Info(kSIGRTMIN + 1, 10 * value)).ok());
  }
  for (u64 value = 1; value <= 3; value++) {
    EXPECT_NE(pending.set() & SignalBit(kSIGRTMIN + 2), 0u);
    EXPECT_EQ(pending.Take(kSIGRTMIN + 2).value, value);
  }
  EXPECT_EQ(pending.set(), SignalBit(kSIGRTMIN + 1));
  EXPECT_EQ(pending.queued(), 3u);
}

TEST(PendingSignals, DiscardDropsOnlyWhatItNames) {
  PendingSignals pending;
  ASSERT_TRUE(pending.Add(Info(kSIGSTOP)).ok());
  ASSERT_TRUE(pending.Add(Info(kSIGTSTP)).ok());
  ASSERT_TRUE(pending.Add(Info(kSIGUSR1)).ok());
  pending.Discard(kStopSignals);
  EXPECT_EQ(pending.set(), SignalBit(kSIGUSR1));
  EXPECT_EQ(pending.queued(), 1u);
}

}  // namespace
}  // namespace caponier::sched
