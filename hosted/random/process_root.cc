#include "hosted/random/process_root.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <new>

#include "hosted/random/kernel_random.h"
#include "hosted/random/private_pages.h"

namespace caponier::hosted {

using random::Root;
using random::SourceId;
using random::Stream;

namespace {

constexpr u64 kReseedIntervalMs = 100;

// The kernel stands to a process as firmware does to a machine: below it, able to read all of it, and believed when it gives bytes. The
// CPU's words are mixed in and earn nothing, so that a bad instruction costs nothing.
constexpr SourceId kKernel = SourceId::kFirmwareSeed;
constexpr SourceId kCpu = SourceId::kCpuSeed;

// To 4 ms or so, which is enough, and without a call to the kernel.
u64 NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<u64>(now.tv_sec) * 1000 + static_cast<u64>(now.tv_nsec) / 1'000'000;
}

}  // namespace

// Held for some microseconds, with all signals blocked: a handler that wanted the lock would wait for ever, and one that forked would
// let the child return into the middle of a change to what is zeros there. The mask is the kernel's own, by system call: a C library's
// functions leave its own signals out of every mask they set, and would unblock the timer signal that glibc's timer thread waits for.
class ProcessRoot::Lock {
 public:
  explicit Lock(ProcessRoot& root) : root_(root) {
    const u64 all = ~u64{0};
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof(all));
    while (root_.locked_.exchange(1, std::memory_order_acquire) != 0) sched_yield();
  }
  ~Lock() {
    root_.locked_.store(0, std::memory_order_release);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof(before_));
  }

 private:
  ProcessRoot& root_;
  u64 before_;
};

bool ProcessRoot::AnotherPid() const {
  const pid_t pid = guard_pid_.load(std::memory_order_relaxed);
  return pid != 0 && pid != getpid();
}

ProcessRoot* ProcessRoot::Make() {
  bool wiped;
  void* pages = MapPrivatePages(sizeof(ProcessRoot), &wiped);
  if (pages == nullptr) return nullptr;
  auto* fresh = static_cast<ProcessRoot*>(pages);  // zeros are its first state
  ProcessRoot* root = nullptr;
  // Before anybody can look: it is the same for all who try.
  if (wiped) wiped_.store(true, std::memory_order_relaxed);
  else fresh->guard_pid_.store(getpid(), std::memory_order_relaxed);
  if (the_one_.compare_exchange_strong(root, fresh, std::memory_order_acq_rel)) return fresh;
  UnmapPrivatePages(pages, sizeof(ProcessRoot));  // another thread was first
  return root;
}

void ProcessRoot::NoticeTime() {
  // A clock that stands still delays reseeds and does nothing else.
  if (NowMs() - reseeded_at_ms_.load(std::memory_order_relaxed) >= kReseedIntervalMs) Reseed();
}

void ProcessRoot::Reseed() {
  Lock lock(*this);
  ReseedLocked();
}

void ProcessRoot::ReseedLocked() {
  const bool first = generation_.load(std::memory_order_relaxed) == 0;
  if (first) {
    new (&root_) Root;
    if (!watch_.watching()) watch_.Open("/dev/vmclock0");
  }
  // Read before the kernel is asked: a copy made in between is noticed by the next draw.
  seen_.store(watch_.Now(), std::memory_order_relaxed);
  reseeded_at_ms_.store(NowMs(), std::memory_order_relaxed);
  crypto::Secret<32> cpu, kernel;
  FillFromKernel(kernel.writable());
  if (FillFromCpu(cpu.writable())) root_.Absorb(kCpu, cpu.bytes());
  root_.AbsorbAndReseed(kKernel, kernel.bytes(), entropy::kFullSeed);
  if (first) {
    const Result<random::Seeded> seeded = root_.Proof();
    if (!seeded.ok()) __builtin_trap();  // 32 bytes were credited just now
    new (stream_) Stream(Stream::Open(root_, seeded.value(), "libcaponier-random"));
  }
  u64 next = generation_.load(std::memory_order_relaxed) + 1;
  if (first) FillFromKernel(WritableBytesOf(next));
  generation_.store(next == 0 ? 1 : next, std::memory_order_release);
}

u64 ProcessRoot::TakeKey(std::span<std::byte, crypto::kAesKeyBytes> key) {
  Lock lock(*this);
  if (generation_.load(std::memory_order_relaxed) == 0) ReseedLocked();
  std::launder(reinterpret_cast<Stream*>(stream_))->Fill(key);
  return generation_.load(std::memory_order_relaxed);
}

void ProcessRoot::Forget() {
  SecureWipe({reinterpret_cast<std::byte*>(this), sizeof(*this)});
  guard_pid_.store(getpid(), std::memory_order_relaxed);
}

void ProcessRoot::WatchForTest(const char* path) {
  watch_ = {};
  watch_.Open(path);
}

}  // namespace caponier::hosted
