// Copies of a process never share a draw, however the copy is made.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

#include <set>
#include <thread>
#include <vector>

#include "caponier/random.h"
#include "hosted/random/process_for_test.h"
#include "hosted/random/thread_state.h"
#include "lib/random/erasing.h"

namespace caponier::hosted {
namespace {

Draw Drawn() {
  Draw draw;
  caponier_random_fill(&draw, sizeof(draw));
  return draw;
}

pid_t Fork() { return fork(); }
// As fork, but the C library knows nothing of it and calls no handlers.
pid_t RawClone() { return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }

// `count` copies by `copy`, each of which puts a draw of `draw` beside the parent's own in between: how many differ, and how many
// there are.
template <typename Copy, typename Source>
std::pair<size_t, size_t> Distinct(size_t count, Copy copy, Source draw) {
  const std::span<Draw> draws = SharedArray<Draw>(2 * count);
  for (size_t i = 0; i < count; i++) {
    const pid_t child = copy();
    if (child == 0) {
      draws[2 * i] = draw();
      _exit(0);
    }
    EXPECT_GT(child, 0);
    draws[2 * i + 1] = draw();
    // In batches: a turn for each child costs more than all else on a busy machine.
    if (i % 64 == 63 || i + 1 == count) {
      while (waitpid(-1, nullptr, 0) > 0) continue;
    }
  }
  const std::set<Draw> distinct(draws.begin(), draws.end());
  EXPECT_FALSE(distinct.contains(Draw{})) << "a child did not draw";
  return {distinct.size(), 2 * count};
}

TEST(Fork, TenThousandChildrenAllDiffer) {
  const auto [distinct, all] = Distinct(10'000, Fork, Drawn);
  EXPECT_EQ(distinct, all);
}

TEST(Fork, RawCloneDiffers) {
  const auto [distinct, all] = Distinct(1'000, RawClone, Drawn);
  EXPECT_EQ(distinct, all);
}

TEST(Fork, AGeneratorInOrdinaryMemoryRepeatsItself) {  // or the tests above would pass on anything
  random::Erasing bytes;
  const std::array<std::byte, 32> key{};
  bytes.Rekey(key, key);
  const auto [distinct, all] = Distinct(100, Fork, [&] {
    Draw draw;
    bytes.Fill(WritableBytesOf(draw));
    return draw;
  });
  EXPECT_LE(distinct, all / 2 + 1);
}

// Children of children, each of whom has drawn before it forks.
TEST(Fork, GenerationsDiffer) {
  constexpr size_t kDepth = 6;
  const std::span<Draw> draws = SharedArray<Draw>(1u << kDepth);
  size_t place = 0;
  const pid_t first = fork();
  if (first == 0) {
    for (size_t level = 0; level < kDepth; level++) {
      Drawn();
      const pid_t child = fork();
      if (child == 0) place |= 1u << level;
      if (child != 0 && level + 1 == kDepth) break;
    }
    draws[place] = Drawn();
    while (waitpid(-1, nullptr, 0) > 0) continue;
    _exit(0);
  }
  waitpid(first, nullptr, 0);
  EXPECT_EQ(std::set<Draw>(draws.begin(), draws.end()).size(), draws.size());
}

// A child that shares the parent's memory (vfork, posix_spawn) shares its generator too, and leaves it as it should be.
TEST(Fork, VforkSharesAndDiffers) {
  const std::span<Draw> draws = SharedArray<Draw>(200);
  std::vector<char> stack(64 * 1024);
  for (size_t i = 0; i < draws.size(); i += 2) {
    struct Call {
      std::span<Draw> draws;
      size_t at;
    } call{draws, i};
    const auto run = [](void* argument) {
      const auto* what = static_cast<const Call*>(argument);
      what->draws[what->at] = Drawn();
      return 0;
    };
    const pid_t child = clone(run, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &call);
    ASSERT_GT(child, 0);
    draws[i + 1] = Drawn();
    waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(std::set<Draw>(draws.begin(), draws.end()).size(), draws.size());
}

// Other threads draw and reseed all the time: the child finds no lock held.
TEST(Fork, WhileThreadsDraw) {
  std::atomic<bool> stop = false;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; i++)
    threads.emplace_back([&] {
      while (!stop) {
        Drawn();
        caponier_random_reseed();
      }
    });
  const auto [distinct, all] = Distinct(200, Fork, Drawn);
  stop = true;
  EXPECT_EQ(distinct, all);
}

// A handler forks in the middle of a draw. The child returns into that draw, and so does the parent: they must not get the same. What
// each got is hashed to 16 bytes by folding, good enough to tell equal from different.
std::span<Draw> g_pairs;
volatile size_t g_fork_at, g_forks;
volatile sig_atomic_t g_child, g_forked;
void ForkInHandler(int) {
  if (!InsideADrawForTest() || g_child || g_forks == g_fork_at || g_forked) return;
  g_forks = g_forks + 1;
  const pid_t child = RawClone();
  if (child == 0) {
    g_child = 1;
  } else {
    waitpid(child, nullptr, 0);
  }
  g_forked = 1;
}

void ForkInsideDraws(size_t bytes, size_t forks) {
  g_pairs = SharedArray<Draw>(2 * forks);
  g_forks = 0;
  g_fork_at = forks;
  g_child = 0;
  g_forked = 0;
  struct sigaction action = {}, before;
  action.sa_handler = ForkInHandler;
  sigaction(SIGALRM, &action, &before);
  std::vector<u64> output(bytes / 8);
  size_t pairs = 0;
  while (pairs < forks) {
    const itimerval soon{{0, 100}, {0, static_cast<suseconds_t>(50 + pairs % 60)}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    while (!g_forked) {
      caponier_random_fill(output.data(), bytes);
      if (!g_forked) continue;
      Draw fold{};
      for (size_t i = 0; i < output.size(); i++) fold[i % 2] ^= output[i];
      g_pairs[2 * pairs + (g_child ? 0 : 1)] = fold;
      if (g_child) _exit(0);
    }
    g_forked = 0;
    pairs++;
  }
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  for (size_t i = 0; i < pairs; i++) {
    EXPECT_NE(g_pairs[2 * i], Draw{});
    EXPECT_NE(g_pairs[2 * i], g_pairs[2 * i + 1]) << "fork " << i << " inside a draw of " << bytes;
  }
}

TEST(Fork, FromASignalHandlerInsideALongDraw) { ForkInsideDraws(64 * 1024, 300); }
TEST(Fork, FromASignalHandlerInsideAShortDraw) { ForkInsideDraws(16, 300); }

// A kernel before Linux 4.14, which does not wipe, and an emulator that says it will and does not: the process's number tells.
void ForkWithoutWiping(int answer) {
  answer == 0 ? Refuse(SYS_madvise, 0) : Refuse(SYS_madvise, answer, MADV_WIPEONFORK);
  Drawn();
  if (ProcessRoot::Wiped()) _exit(2);
  for (const auto copy : {Fork, RawClone}) {
    const auto [distinct, all] = Distinct(500, copy, Drawn);
    if (distinct != all) _exit(1);
  }
  _exit(0);
}
TEST(ForkDeathTest, WithoutTheKernelsWipingDiffersToo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has not drawn yet
  EXPECT_EXIT(ForkWithoutWiping(EINVAL), testing::ExitedWithCode(0), "");
}
TEST(ForkDeathTest, WithAKernelThatOnlySaysItWipesDiffersToo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ForkWithoutWiping(0), testing::ExitedWithCode(0), "");
}

// Each time a process that has not drawn yet, whose other thread draws first of all while it forks: a lock that this thread holds is none
// in the child.
void ForkAmidTheFirstDraw() {
  Refuse(SYS_madvise, EINVAL, MADV_WIPEONFORK);
  for (int i = 0; i < 300; i++) {
    const pid_t fresh = fork();
    if (fresh == 0) {
      std::atomic<bool> starts = false;
      std::thread other([&] {
        starts = true;
        Drawn();
      });
      while (!starts) continue;
      for (int turns = i * 400; turns > 0; turns--) asm volatile("");
      const pid_t child = fork();
      if (child == 0) {
        Drawn();
        _exit(0);
      }
      other.join();
      int status = -1;
      for (int ms = 0; ms < 20'000 && waitpid(child, &status, WNOHANG) == 0; ms++) usleep(1'000);
      kill(child, SIGKILL);  // one that waits for the lock has all signals blocked
      _exit(status == 0 ? 0 : 1);
    }
    int status = -1;
    waitpid(fresh, &status, 0);
    if (status != 0) _exit(1);
  }
  _exit(0);
}
TEST(ForkDeathTest, AmidTheFirstDrawOfAll) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ForkAmidTheFirstDraw(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace caponier::hosted
