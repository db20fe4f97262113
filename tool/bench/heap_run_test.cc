#include "tool/bench/heap_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool::bench {
namespace {

using ::testing::HasSubstr;

const HeapPeer kPeer{"peer", "", "/bin/true"};

// Leaves its number in a file, listens, and ends rightly at SIGTERM.
constexpr const char* kServer =
    "import os, signal, socket, sys\n"
    "open(sys.argv[1], 'w').write(str(os.getpid()))\n"
    "signal.signal(signal.SIGTERM, lambda *_: os._exit(int(sys.argv[3])))\n"
    "s = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[2])\ns.listen()\n"
    "while True: s.accept()\n";

class HeapServer : public ::testing::Test {
 protected:
  void SetUp() override { setenv("TMPDIR", folders_.path().c_str(), 1); }
  void TearDown() override { unsetenv("TMPDIR"); }

  HeapWork Work(std::vector<std::string> client, const char* status = "0") {
    return {.name = "asked",
            .command = {"a-server", "-c", kServer, number_, std::string(kSocketWord), status},
            .file = "/usr/bin/python3",
            .client = std::move(client)};
  }
  static std::string FailureOf(const HeapWork& work) {
    try {
      RunHeapWork(kPeer, work);
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "";
  }
  void ExpectNothingLeft() {
    EXPECT_TRUE(std::filesystem::is_empty(folders_.path()));
    pid_t server = 0;
    std::ifstream(number_) >> server;
    ASSERT_GT(server, 0);
    EXPECT_EQ(kill(server, 0), -1);
  }

  TempDir folders_, own_;
  std::string number_ = own_ / "number";
};

TEST_F(HeapServer, IsTimedByItsClient) {
  const HeapRun run = RunHeapWork(kPeer, Work({"/bin/sh", "-c", "test -S \"$0\" && sleep 0.2", std::string(kSocketWord)}));
  EXPECT_GE(run.wall_ms, 200);
  EXPECT_GT(run.cpu_ms, 1) << "the server's";
  EXPECT_GT(run.peak_kib, 4000) << "the server's";
  ExpectNothingLeft();
}

TEST_F(HeapServer, AClientThatFailsEndsBoth) {
  EXPECT_THAT(FailureOf(Work({"/bin/false"})), HasSubstr("the client of asked over peer ended with status 1"));
  ExpectNothingLeft();
}

TEST_F(HeapServer, AServerThatEndsWronglyIsNoMeasurement) {
  EXPECT_THAT(FailureOf(Work({"/bin/true"}, "3")), HasSubstr("asked over peer ended with status 3"));
  ExpectNothingLeft();
}

TEST_F(HeapServer, AServerThatNeverListensIsNotWaitedFor) {
  const HeapWork work{.name = "asked", .command = {"/bin/sh", "-c", "kill -SEGV $$"}, .client = {"/bin/true"}};
  EXPECT_THAT(FailureOf(work), HasSubstr("asked over peer ended with signal 11"));
  EXPECT_TRUE(std::filesystem::is_empty(folders_.path()));
}

TEST(HeapRun, APreloadedLibraryIsThePeersAlone) {
  const HeapWork work{.name = "preloaded", .command = {"/bin/sh", "-c", "test \"$LD_PRELOAD\" = libc.so.6"}};
  EXPECT_NO_THROW(RunHeapWork({"glibc", "libc.so.6", ""}, work));
  EXPECT_THROW(RunHeapWork(kPeer, work), Failure);
}

}  // namespace
}  // namespace caponier::tool::bench
