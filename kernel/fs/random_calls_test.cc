// A hostile program: every file call with arguments from anywhere. Nothing may break, whatever the calls return; the sanitizers
// watch, and at the end all memory must be accounted for.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/fs/for_test/machine.h"
#include "kernel/mm/frames.h"
#include "lib/linux_abi/socket_flags.h"

namespace caponier::syscall {
#define CAPONIER_SYSCALL(name, handler) Result<i64> handler(Call& call);
#include "kernel/syscall/files.def"
#undef CAPONIER_SYSCALL
}  // namespace caponier::syscall

namespace caponier::fs {
namespace {

constexpr syscall::Handler kHandlers[] = {
#define CAPONIER_SYSCALL(name, handler) syscall::handler,
#include "kernel/syscall/files.def"
#undef CAPONIER_SYSCALL
};

class Attacker {
 public:
  explicit Attacker(u32 seed) : random_(seed) {
    for (char& c : memory_) c = static_cast<char>(random_());
    // Half of the memory holds what calls look for: paths, descriptors, small numbers.
    static constexpr std::string_view kPaths[] = {"/tmp/a",
                                                  "b",
                                                  "/proc/self/fd/3",
                                                  "/dev/zero",
                                                  "d/e",
                                                  "..",
                                                  "/proc/self/task/1/comm",
                                                  "/dev/shm/x",
                                                  "/proc/self/maps",
                                                  "/dev/random",
                                                  "l",
                                                  ".",
                                                  "/sys/kernel",
                                                  "/dev/fd/4",
                                                  "/proc/self/exe",
                                                  "/"};
    for (const std::string_view path : kPaths) {
      path_offsets_.push_back(used_);
      __builtin_memcpy(memory_ + used_, path.data(), path.size());
      memory_[used_ + path.size()] = '\0';
      used_ += path.size() + 1;
    }
    used_ = AlignUp(used_, 8);
    for (; used_ < sizeof(memory_) / 2; used_ += 8) {
      const u64 word = Number();
      __builtin_memcpy(memory_ + used_, &word, 8);
    }
    for_test::AllowOnly(memory_, sizeof(memory_));
  }

  u64 Place() { return reinterpret_cast<u64>(memory_) + random_() % (sizeof(memory_) / 8) * 8; }
  u64 Argument() {
    switch (random_() % 8) {
      case 0:
      case 1: return reinterpret_cast<u64>(memory_) + path_offsets_[random_() % path_offsets_.size()];
      case 2: return reinterpret_cast<u64>(memory_) + random_() % sizeof(memory_);
      case 3: return Random64();
      default: return Number();
    }
  }

 private:
  u64 Random64() { return u64{random_()} << 33 ^ random_(); }
  u64 Number() {
    switch (random_() % 8) {
      case 0: return ~u64{0} - random_() % 200;
      case 1: return u64{1} << (random_() % 64);
      case 2: return static_cast<u32>(-100);
      case 3: return random_() % 100000;
      default: return random_() % 12;
    }
  }

  std::minstd_rand random_;
  alignas(16) char memory_[64 * kKiB];
  std::vector<u64> path_offsets_;
  u64 used_ = 0;
};

TEST(RandomCalls, NothingBreaks) {
  for (u32 seed = 1; seed <= 40; seed++) {
    for_test::Machine machine;
    for_test::LimitFrames(400);
    Attacker attacker(seed);
    std::minstd_rand random(seed * 7919);
    u64 succeeded = 0;
    for (int step = 0; step < 18000; step++) {
      // Guessing a family, a type and a protocol that go together would take too long.
      if (step % 100 == 0)
        machine.Call(syscall::SysSocketpair, {linux_abi::kAF_UNIX, linux_abi::kSOCK_STREAM, 0, attacker.Place()});
      const auto handler = kHandlers[random() % std::size(kHandlers)];
      const u64 a[6] = {attacker.Argument(), attacker.Argument(), attacker.Argument(),
                        attacker.Argument(), attacker.Argument(), attacker.Argument()};
      succeeded += machine.Call(handler, {a[0], a[1], a[2], a[3], a[4], a[5]}) >= 0;
    }
    EXPECT_GT(succeeded, 1000u) << "the attacker has become too stupid to test anything";
    machine.files().CloseAll();
  }
}

}  // namespace
}  // namespace caponier::fs
