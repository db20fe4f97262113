#include "tool/machine/process.h"

#include <gtest/gtest.h>

namespace caponier::tool {
namespace {

using Clock = std::chrono::steady_clock;

TEST(Process, CollectsWhatItWritesUntilItEnds) {
  Process process = Process::Spawn({"sh", "-c", "echo one; echo two >&2; sleep 0.1; echo three; exit 3"}, {});
  std::string output = "said: ";
  EXPECT_TRUE(process.Collect(output, 1000, std::nullopt));
  EXPECT_EQ(output, "said: one\ntwo\nthree\n");
  EXPECT_EQ(process.Reap(), 3 << 8);
}

TEST(Process, KeepsNoMoreThanAskedForAndReadsTheRest) {
  Process process = Process::Spawn({"sh", "-c", "head -c 1000000 /dev/zero"}, {});
  std::string output;
  EXPECT_TRUE(process.Collect(output, 10'000, std::nullopt));
  EXPECT_EQ(output.size(), 10'000u);
  EXPECT_EQ(process.Reap(), 0);
}

TEST(Process, TellsWhenTheTimeIsUp) {
  Process process = Process::Spawn({"sh", "-c", "echo early; sleep 1000"}, {});
  std::string output;
  EXPECT_FALSE(process.Collect(output, 1000, Clock::now() + std::chrono::milliseconds(300)));
  EXPECT_EQ(output, "early\n");
}

}  // namespace
}  // namespace caponier::tool
