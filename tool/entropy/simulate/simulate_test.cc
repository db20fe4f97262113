#include "tool/entropy/simulate/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tool/entropy/entropy.h"
#include "tool/entropy/simulate/recovery.h"
#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool::entropy {
namespace {

using ::testing::HasSubstr;

// The published model: entropy evenly over the pools, a compromise just after a reseed.
TEST(Recovery, PoolsAloneTakeThePublishedFortyTimes) {
  for (double bits : {0.25, 1.0, 2.0, 4.0, 8.0, 16.0}) {
    EXPECT_NEAR(SimulateRecovery({.event_bits = bits}).worst_after_reseed, 40, 0.01) << bits;
  }
}

TEST(Recovery, HedgeTakesTenTimesAtMost) {
  double worst = 0;
  for (const u64 events : {16u, 64u, 100u}) {
    for (u64 credit = 1; credit <= 256; credit += credit < 16 ? 1 : 5) {
      const Recovery recovery =
          SimulateRecovery({.events = events, .event_bits = static_cast<double>(credit), .event_credit = credit});
      EXPECT_LE(recovery.worst, 10) << credit;
      worst = std::max(worst, recovery.worst);
    }
  }
  EXPECT_GT(worst, 9);
}

// Whatever the credit says of events of few bits, recovery stays within what is proven for the pools, and a third above them.
TEST(Recovery, LyingCreditKeepsTheGuaranteeOfThePools) {
  double worst = 0;
  for (const u64 credit : {1u, 16u, 129u, 256u}) {
    for (double bits = 0.5; bits <= 8; bits *= 1.5) {
      const Recovery hedged = SimulateRecovery({.event_bits = bits, .event_credit = credit});
      EXPECT_LE(hedged.worst, 64) << credit << " " << bits;
      worst = std::max(worst, hedged.worst_after_reseed);
    }
  }
  EXPECT_LE(worst, 40 * 4 / 3.0 + 0.1);
  EXPECT_GT(worst, 40);
}

TEST(Recovery, ALiarChangesNothingForOthers) {
  for (const u64 credit : {0u, 2u, 200u}) {
    RecoveryModel model{.event_bits = 2, .event_credit = credit};
    const Recovery alone = SimulateRecovery(model);
    model.flood = true;
    EXPECT_EQ(SimulateRecovery(model).sorted, alone.sorted) << credit;
  }
}

std::variant<Options, PrintText> Parse(std::vector<std::string> words) { return ParseOptions(words); }
std::string Refusal(const std::vector<std::string>& words) {
  try {
    Parse(words);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "none";
}

TEST(Simulate, OptionsAreTakenAndRefused) {
  const auto options =
      std::get<SimulateOptions>(std::get<Options>(Parse({"simulate", "lattice", "--runs", "3", "-o", "p.html"})));
  EXPECT_EQ(options.what, SimulateOptions::What::kLattice);
  EXPECT_EQ(options.runs, 3u);
  EXPECT_EQ(options.output, "p.html");
  EXPECT_THAT(Refusal({"simulate"}), HasSubstr("WHAT is required"));
  EXPECT_THAT(Refusal({"simulate", "weather"}), HasSubstr("weather"));
  EXPECT_THAT(Refusal({"simulate", "latency", "--runs", "0"}), HasSubstr("--runs"));
}

// Runs the command and returns its text; the JSON says that the claims hold, and the page is whole.
std::string Simulated(const std::string& what, const std::string& heading, const std::string& key, const char* runs = "2") {
  const TempDir dir;
  testing::internal::CaptureStdout();
  const int status =
      Run(std::get<Options>(Parse({"simulate", what, "--runs", runs, "--json", dir / "out.json", "-o", dir / "page.html"})));
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(status, 0) << text;
  std::ostringstream json, page;
  json << std::ifstream(dir / "out.json").rdbuf();
  page << std::ifstream(dir / "page.html").rdbuf();
  EXPECT_EQ(nlohmann::json::parse(json.str())["holds"], true);
  EXPECT_FALSE(nlohmann::json::parse(json.str())[key].empty());
  EXPECT_THAT(page.str(), HasSubstr("<h1>" + heading + "</h1>"));
  EXPECT_THAT(page.str(), HasSubstr("</html>"));
  EXPECT_EQ(page.str().find("nan"), std::string::npos);
  return text;
}

TEST(Simulate, RecoveryShowsBothCurves) {
  const std::string text = Simulated("recovery", "Recovery from a compromise", "by_rate");
  EXPECT_THAT(text, HasSubstr("64 bits each 100 ms                    40.00"));
  EXPECT_THAT(text, HasSubstr("whatever it says: holds"));
}
TEST(Simulate, LatticeShowsEverySubset) {
  const std::string text = Simulated("lattice", "The source lattice", "subsets", "1");
  EXPECT_THAT(text, HasSubstr("    refused          1          1          1  none\n"));
  EXPECT_THAT(text, HasSubstr("          1          1          1          1  virtio-rng\n"));
}
TEST(Simulate, LatencyShowsEachTestAndFault) {
  const std::string text = Simulated("latency", "How soon health tests notice", "faults");
  EXPECT_THAT(text, HasSubstr("4 bits    counting                         -               -         10 / 10"));
  EXPECT_THAT(text, HasSubstr("0 false alarms"));
}

}  // namespace
}  // namespace caponier::tool::entropy
