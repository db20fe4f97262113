#include "tool/bench/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

RandomPeer Pretended(std::string name, std::chrono::microseconds takes, std::atomic<int>& calls) {
  return {.name = std::move(name), .absent = "", .make = [takes, &calls] {
            return [takes, &calls](std::byte* buffer, size_t bytes) {
              std::memset(buffer, 1, bytes);
              calls++;
              const auto end = std::chrono::steady_clock::now() + takes;
              while (std::chrono::steady_clock::now() < end) continue;
              return true;
            };
          }};
}

TEST(BenchRandom, MeasuresEachPeerThatIsThereAndNamesTheOthers) {
  std::atomic<int> first_calls = 0, second_calls = 0;
  const RandomPeer peers[] = {Pretended("quick", std::chrono::microseconds(10), first_calls),
                              {.name = "missing", .absent = "no missing.so"},
                              Pretended("slow", std::chrono::microseconds(1000), second_calls)};
  const Json result = CompareRandom(peers, {.sizes = {16, 64}, .threads = {1}, .turns = 3, .seconds = 0.005});
  EXPECT_GT(first_calls, second_calls);
  EXPECT_GT(second_calls, 0);
  ASSERT_EQ(result["measurements"].size(), 4u);
  ASSERT_EQ(result["absent"].size(), 1u);
  EXPECT_EQ(result["absent"][0]["why"], "no missing.so");
  const Json& slow = result["measurements"][1];
  EXPECT_EQ(slow["generator"], "slow");
  EXPECT_EQ(slow["bytes"], 16);
  EXPECT_GE(slow["ns_per_request"].get<double>(), 1e6);
  EXPECT_GT(slow["first_is_faster_by"].get<double>(), 2);
  EXPECT_NEAR(slow["gigabytes_per_second"].get<double>() * slow["ns_per_request"].get<double>(), 16, 1e-6);
  const std::string tables = RandomTables(result);
  for (const char* expected : {"ns a request, 1 thread", "quick", "slow", "16 B", "64 B", "absent: missing (no missing.so)"})
    EXPECT_NE(tables.find(expected), std::string::npos) << expected << " is not in\n" << tables;
}

TEST(BenchRandom, AGeneratorThatRefusesEndsIt) {
  const RandomPeer peers[] = {{.name = "broken", .absent = "", .make = [] { return [](std::byte*, size_t) { return false; }; }}};
  EXPECT_THROW(CompareRandom(peers, {.sizes = {8}, .threads = {2}, .turns = 1, .seconds = 0.001}), Failure);
}

// Whatever is installed here does give bytes, and different ones each time.
TEST(BenchRandom, PeersThatLoadFillTheirBuffers) {
  const std::vector<RandomPeer> peers = LoadRandomPeers("/nonexistent/libcaponier-random.so.1");
  EXPECT_EQ(peers.front().absent, "no /nonexistent/libcaponier-random.so.1");
  size_t present = 0;
  for (const RandomPeer& peer : peers) {
    if (!peer.absent.empty()) continue;
    present++;
    const Fill fill = peer.make();
    std::vector<std::byte> first(100'000), second(first.size());
    EXPECT_TRUE(fill(first.data(), first.size()) && fill(second.data(), second.size())) << peer.name;
    EXPECT_NE(first, second) << peer.name;
    EXPECT_LT(std::count(first.end() - 1024, first.end(), std::byte{0}), 40) << peer.name << " leaves the end as it was";
  }
  EXPECT_GE(present, 3u) << "OpenSSL, a test's own dependency, and both of the kernel's";
}

TEST(BenchRandom, PlotsToTheFilesThatItKnows) {
  const Json result{{"measurements", Json::array()}};
  EXPECT_THROW(PlotRandom(result, "picture.jpg"), Failure);
  EXPECT_THROW(PlotRandom(result, "picture.svg"), Failure) << "nothing was measured";
}

}  // namespace
}  // namespace caponier::tool::bench
