#include "kernel/sched/interval_timers.h"

#include <gtest/gtest.h>

namespace caponier::sched {
namespace {

TEST(ExpiriesUpTo, CountsWhatPassedAndNamesTheNext) {
  EXPECT_EQ(ExpiriesUpTo(9, 10, 5).count, 0u);
  EXPECT_EQ(ExpiriesUpTo(9, 10, 5).next, 10u);
  EXPECT_EQ(ExpiriesUpTo(10, 10, 5).count, 1u);
  EXPECT_EQ(ExpiriesUpTo(10, 10, 5).next, 15u);
  EXPECT_EQ(ExpiriesUpTo(24, 10, 5).count, 3u);
  EXPECT_EQ(ExpiriesUpTo(24, 10, 5).next, 25u);
}

TEST(ExpiriesUpTo, AOneShotExpiresOnce) {
  EXPECT_EQ(ExpiriesUpTo(1000, 10, 0).count, 1u);
  EXPECT_EQ(ExpiriesUpTo(1000, 10, 0).next, kForever);
}

TEST(ExpiriesUpTo, ADisarmedTimerNeverExpires) { EXPECT_EQ(ExpiriesUpTo(kForever - 1, kForever, 3).count, 0u); }

}  // namespace
}  // namespace caponier::sched
