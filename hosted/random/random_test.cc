#include "caponier/random.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <mutex>
#include <numeric>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "caponier/random.hpp"
#include "hosted/random/process_for_test.h"
#include "hosted/random/thread_state.h"

namespace caponier::hosted {
namespace {

Draw Drawn() {
  Draw draw;
  caponier_random_fill(&draw, sizeof(draw));
  return draw;
}

TEST(Random, DrawsOfEverySizeAreFilledAndStayInTheirPlace) {
  for (const size_t size : {0u, 1u, 7u, 32u, 479u, 480u, 481u, 4096u, 16384u, 3u << 20}) {
    std::vector<u8> bytes(size + 2, 0x5a);
    caponier_random_fill(bytes.data() + 1, size);
    EXPECT_EQ(bytes.front(), 0x5a);
    EXPECT_EQ(bytes.back(), 0x5a);
    if (size >= 32) EXPECT_LT(std::count(bytes.begin(), bytes.end(), 0x5a), static_cast<long>(size / 8 + 4));
  }
}

TEST(Random, ThreadsNeverShareADraw) {
  constexpr size_t kThreads = 8, kDraws = 20'000;
  std::set<Draw> all;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < kThreads; i++)
      threads.emplace_back([&] {
        std::vector<Draw> mine(kDraws);
        for (Draw& draw : mine) draw = Drawn();
        const std::scoped_lock lock(mutex);
        all.insert(mine.begin(), mine.end());
      });
  }
  EXPECT_EQ(all.size(), kThreads * kDraws);
}

// In a process of its own, whose limit is below what it has.
[[noreturn]] void DrawWithoutMemory() {
  Drawn();
  std::thread([] {
    const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    if (setrlimit(RLIMIT_AS, &none) != 0) _exit(2);
    _exit(Drawn() != Drawn() ? 0 : 1);
  }).join();
  _exit(3);
}
TEST(Random, AThreadWithoutMemoryDraws) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(DrawWithoutMemory(), testing::ExitedWithCode(0), "");
}

// Nothing was drawn before, and another library's keys of threads are all that there can be.
[[noreturn]] void FirstDrawWithoutMemory() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_AS, &none) != 0) _exit(2);
  caponier_random_reseed();
  _exit(Drawn() != Drawn() ? 0 : 1);
}
TEST(Random, AProcessWithoutMemoryDraws) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(FirstDrawWithoutMemory(), testing::ExitedWithCode(0), "");
}
[[noreturn]] void FirstDrawWithoutKeys() {
  pthread_key_t key;
  while (pthread_key_create(&key, nullptr) == 0) {
  }
  _exit(Drawn() != Drawn() ? 0 : 1);
}
TEST(Random, AProcessWithoutKeysOfThreadsDraws) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(FirstDrawWithoutKeys(), testing::ExitedWithCode(0), "");
}

// A draw is no place where a thread is cancelled: it would keep the lock of all.
[[noreturn]] void DrawWhenCancelled() {
  std::thread([] {
    sleep(20);  // who waits for the lock takes no signal
    _exit(4);
  }).detach();
  static bool drew = false;
  const auto draw = [](void*) -> void* {
    pthread_cancel(pthread_self());
    const Draw first = Drawn();
    caponier_random_reseed();
    drew = Drawn() != first;
    pthread_testcancel();
    _exit(2);
  };
  pthread_t thread;
  if (pthread_create(&thread, nullptr, draw, nullptr) != 0) _exit(3);
  void* end;
  pthread_join(thread, &end);
  const Draw after = Drawn();
  _exit(drew && end == PTHREAD_CANCELED && Drawn() != after ? 0 : 1);
}
TEST(Random, AThreadThatIsCancelledFinishesItsDraw) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(DrawWhenCancelled(), testing::ExitedWithCode(0), "");
}

TEST(Random, ManyShortThreadsLeaveNoMemoryBehind) {
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    return std::count(std::istreambuf_iterator<char>(maps), {}, '\n');
  };
  std::jthread(Drawn).join();
  const auto before = mappings();
  std::set<Draw> draws;
  for (int i = 0; i < 500; i++) {
    Draw draw;
    std::jthread([&] { draw = Drawn(); }).join();
    draws.insert(draw);
  }
  EXPECT_EQ(draws.size(), 500u);
  EXPECT_LT(mappings(), before + 50);
}

// A thread-local object that draws when the thread ends, after the library's own end or before it.
TEST(Random, DrawsWhileAThreadEnds) {
  static Draw last[2];
  struct AtEnd {
    ~AtEnd() {
      last[0] = Drawn();
      last[1] = Drawn();
    }
  };
  std::jthread([] {
    thread_local AtEnd at_end;
    (void)&at_end;
    Drawn();
  }).join();
  EXPECT_NE(last[0], Draw{});
  EXPECT_NE(last[0], last[1]);
}

// Pearson's statistic over equally likely values, and the value that it exceeds once in 10^9 times (six deviations, by the
// approximation of Wilson and Hilferty).
double ChiSquare(const std::vector<u64>& counts) {
  const double expected =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), u64{0})) / static_cast<double>(counts.size());
  double sum = 0;
  for (const u64 count : counts) sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected);
  return sum / expected;
}
double Critical(size_t values) {
  const double freedom = static_cast<double>(values - 1), part = 2 / (9 * freedom);
  return freedom * std::pow(1 - part + 6 * std::sqrt(part), 3);
}

TEST(Random, UniformIsUnbiased) {
  for (const size_t bound : {2u, 3u, 10u, 52u, 1000u}) {
    std::vector<u64> counts(bound), careless(bound);
    for (int i = 0; i < 400'000; i++) {
      counts.at(caponier_random_uniform(bound))++;
      careless[caponier_random_u64() % 1024 * bound / 1024]++;  // ten bits, spread over values that do not divide 1024
    }
    EXPECT_LT(ChiSquare(counts), Critical(bound)) << bound;
    if (bound == 1000) EXPECT_GT(ChiSquare(careless), Critical(bound)) << "the test does not see a bias that is there";
  }
  // A bound that a careless multiplication serves worst.
  const u64 bound = u64{3} << 62;
  std::vector<u64> thirds(3), by_remainder(3), wrong(3);
  for (int i = 0; i < 200'000; i++) {
    const u64 value = caponier_random_uniform(bound);
    thirds[value / (bound / 3)]++;
    by_remainder[value % 3]++;
    wrong[static_cast<u64>((static_cast<unsigned __int128>(caponier_random_u64()) * bound) >> 64) % 3]++;
  }
  EXPECT_LT(ChiSquare(thirds), Critical(3));
  EXPECT_LT(ChiSquare(by_remainder), Critical(3));
  EXPECT_GT(ChiSquare(wrong), Critical(3)) << "the test does not see a bias that is there";
}

TEST(Random, BytesAreUnbiased) {
  std::vector<u64> counts(256);
  std::vector<u8> bytes(1 << 20);
  caponier_random_fill(bytes.data(), bytes.size());
  for (const u8 b : bytes) counts[b]++;
  EXPECT_LT(ChiSquare(counts), Critical(256));
  for (u8& b : bytes) counts[b == 7 && caponier_random_u64() % 8 == 0 ? 9 : b]++;
  EXPECT_GT(ChiSquare(counts), Critical(256)) << "the test does not see a bias that is there";
}

TEST(Random, FeedsTheStandardLibrary) {
  static_assert(std::uniform_random_bit_generator<random::Generator>);
  std::vector<int> cards(52), sorted(52);
  std::iota(cards.begin(), cards.end(), 0);
  sorted = cards;
  std::shuffle(cards.begin(), cards.end(), random::Generator());
  EXPECT_NE(cards, sorted);
  EXPECT_TRUE(std::is_permutation(cards.begin(), cards.end(), sorted.begin()));
}

// Draws in a handler that interrupts draws: none deadlocks, none repeats.
std::vector<Draw>* g_in_handler;
void DrawInHandler(int) {
  if (g_in_handler->size() < g_in_handler->capacity()) g_in_handler->push_back(Drawn());
}
TEST(Random, DrawsInASignalHandler) {
  std::vector<Draw> inside, outside;
  inside.reserve(2'000);
  g_in_handler = &inside;
  struct sigaction action = {}, before;
  action.sa_handler = DrawInHandler;
  sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 100}, {0, 100}}, never{};
  setitimer(ITIMER_REAL, &often, nullptr);
  while (inside.size() < inside.capacity()) {
    const Draw draw = Drawn();
    if (outside.size() < 200'000) outside.push_back(draw);
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  std::set<Draw> all(inside.begin(), inside.end());
  all.insert(outside.begin(), outside.end());
  EXPECT_EQ(all.size(), inside.size() + outside.size());
}

// Those of the C library itself too, which its own functions never set: glibc's timer thread waits for one of them, and ends the process
// when it comes unblocked.
TEST(Random, LeavesEverySignalAsItWas) {
  std::jthread([] {
    const u64 all = ~u64{0};
    u64 before = 0, after = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof(all));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, nullptr, &before, sizeof(before));
    Drawn();  // the thread's first, which takes the process's lock
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, nullptr, &after, sizeof(after));
    EXPECT_EQ(before, after);
  }).join();
}

TEST(Random, TimeAndRequestReseed) {
  Drawn();
  u64 before = ProcessRoot::Get()->generation();
  caponier_random_reseed();
  EXPECT_NE(ProcessRoot::Get()->generation(), before);
  before = ProcessRoot::Get()->generation();
  usleep(150'000);
  for (int i = 0; i < 31; i++) Drawn();  // one buffer
  EXPECT_NE(ProcessRoot::Get()->generation(), before);
}

// The whole of this process's memory, searched for eight bytes that must not be in it. They are kept with every bit turned, so that
// the search does not find itself; what is read goes into pages of its own, which are left out.
class MemorySearch {
 public:
  void LookFor(const void* secret, size_t bytes) {
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
      u64 word;
      std::memcpy(&word, static_cast<const char*>(secret) + at, 8);
      turned_.at(count_++) = ~word;
      word = 0;
      asm volatile("" : : "r"(&word) : "memory");
    }
  }
  [[clang::no_sanitize("address", "undefined")]] size_t Found() const {
    const std::span<u8> window = SharedArray<u8>(kPageSize + 8);
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC), pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    std::ifstream maps("/proc/self/maps");
    std::string line;
    size_t found = 0;
    while (std::getline(maps, line)) {
      u64 from, to;
      char access;
      if (sscanf(line.c_str(), "%lx-%lx r%c", &from, &to, &access) != 3 || access != 'w') continue;
      if (from <= reinterpret_cast<u64>(window.data()) && reinterpret_cast<u64>(window.data()) < to) continue;
      for (u64 page = from; page < to; page += kPageSize) {
        u64 entry = 0;
        if (pread(pages, &entry, 8, static_cast<off_t>(page / kPageSize * 8)) != 8) break;  // beyond what the program has
        if (entry >> 62 == 0) continue;                                                     // neither present nor swapped out
        const ssize_t got = pread(memory, window.data(), std::min<u64>(window.size(), to - page), static_cast<off_t>(page));
        for (ssize_t i = 0; i + 8 <= got; i++) {
          u64 word;
          __builtin_memcpy(&word, window.data() + i, 8);
          for (size_t j = 0; j < count_; j++) found += turned_[j] == ~word;
        }
      }
    }
    close(memory);
    close(pages);
    munmap(window.data(), window.size());
    return found;
  }

 private:
  std::array<u64, 4> turned_{};
  size_t count_ = 0;
};

TEST(Erasure, NothingDrawnIsLeftInMemory) {
  for (const size_t size : {32u, 480u, 4096u}) {
    for (const bool keep : {true, false}) {
      MemorySearch search;
      std::vector<u8> bytes(size);
      caponier_random_fill(bytes.data(), size);
      search.LookFor(bytes.data(), 32);
      if (!keep) SecureWipe(std::as_writable_bytes(std::span(bytes)));
      if (keep) {
        EXPECT_GE(search.Found(), 4u) << "the search does not find what is there";
      } else {
        EXPECT_EQ(search.Found(), 0u) << size;
      }
    }
  }
}

// The key that made a draw, which the buffer's object shows before it: gone afterwards, from registers that were spilled too.
TEST(Erasure, TheKeyOfADrawIsGone) {
  for (const size_t size : {16u, 480u, 4096u}) {
    auto bytes = std::make_unique<random::Erasing>();
    crypto::Secret<32> fresh;
    caponier_random_fill(fresh.writable().data(), 32);
    bytes->Rekey(fresh.bytes(), fresh.bytes());
    MemorySearch search;
    const auto* object = reinterpret_cast<const std::byte*>(bytes.get());
    search.LookFor(object + sizeof(random::Erasing) - random::Erasing::kRefillBytes, crypto::kAesKeyBytes);
    EXPECT_GE(search.Found(), 4u) << "the search does not find what is there";
    std::vector<std::byte> output(size);
    bytes->Fill(output);
    EXPECT_EQ(search.Found(), 0u) << size;
  }
}

void DrawWithoutKernel() {
  Refuse(SYS_getrandom, ENOSYS);
  Drawn();
}
TEST(RandomDeathTest, EndsWhenTheKernelGivesNothing) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(DrawWithoutKernel(), testing::KilledBySignal(SIGABRT),
              "^caponier-random: getrandom failed \\(38\\); no randomness, so this process ends\n$");
}
TEST(RandomDeathTest, EndsByAThreadThatIsCancelledToo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::thread([] {
                pthread_cancel(pthread_self());
                DrawWithoutKernel();
              }).join(),
              testing::KilledBySignal(SIGABRT), "^caponier-random: getrandom failed");
}
// The handler finds the thread inside a draw, and so has the kernel write to a place that is no memory.
void DrawNowhereInsideADraw() {
  signal(SIGSEGV, [](int) {
    signal(SIGSEGV, SIG_DFL);
    caponier_random_fill(reinterpret_cast<void*>(16), 32);
  });
  caponier_random_fill(reinterpret_cast<void*>(16), 32);
}
TEST(RandomDeathTest, ABufferThatIsNoMemoryFaultsInsideADrawToo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(DrawNowhereInsideADraw(), testing::KilledBySignal(SIGSEGV), "^$");
}
TEST(RandomDeathTest, UniformOfZeroEnds) {
  EXPECT_EXIT(caponier_random_uniform(0), testing::KilledBySignal(SIGABRT), "there is no number below zero");
}

}  // namespace
}  // namespace caponier::hosted
