// The root of a process: Fortuna, seeded by the kernel and the CPU, from which every thread takes its keys.
//
// It lies in memory that the kernel wipes at a fork. Zeros mean "not seeded", so that a child seeds its own, and also "unlocked", so that a
// lock which another thread of the parent held is none in the child.
//
// Reseeds: with the first key taken, whenever the machine is seen to have been copied, when asked for, and every 100 ms in which something
// is drawn. Each takes 32 bytes of the kernel, to which a hypervisor's notice of a copy does get through, and 32 of the CPU.
#pragma once

#include <atomic>

#include "hosted/random/clone_watch.h"
#include "lib/random/random.h"

namespace caponier::hosted {

class ProcessRoot {
 public:
  // The one of this process. Null when there is no memory for it.
  static ProcessRoot* Get() {
    ProcessRoot* root = the_one_.load(std::memory_order_acquire);
    return root != nullptr ? root : Make();
  }

  // Changes with every reseed, and is 0 before the first. It starts at a random number, so that no generation of a child is one of
  // its parent. A thread whose key is from another generation must take a new one.
  u64 generation() const { return generation_.load(std::memory_order_acquire); }
  // Whether this is a child whose memory should have been wiped and was not, as before Linux 4.14. There every draw asks for the
  // process's number.
  bool MissedFork() const { return !Wiped() && AnotherPid(); }
  // Whether the kernel wipes this memory at a fork.
  static bool Wiped() { return wiped_.load(std::memory_order_relaxed); }

  // Whether the machine was copied since the last reseed.
  bool Copied() const { return watch_.Now() != seen_.load(std::memory_order_relaxed); }
  // Reseeds if 100 ms have passed.
  void NoticeTime();
  void Reseed();

  // Fresh bytes for a thread's key, and the generation they are of.
  u64 TakeKey(std::span<std::byte, crypto::kAesKeyBytes> key);

  // Forgets everything, as a fork would. For a child whose memory the kernel did not wipe.
  void Forget();

  // Watches the page at `path` instead of the device's.
  static void WatchForTest(const char* path);

 private:
  class Lock;
  static ProcessRoot* Make();
  void ReseedLocked();
  bool AnotherPid() const;

  // Not secret, and the same after a fork.
  static inline constinit std::atomic<ProcessRoot*> the_one_ = nullptr;
  static inline constinit std::atomic<bool> wiped_ = false;
  static inline constinit CloneWatch watch_;

  std::atomic<u32> locked_;
  std::atomic<u64> generation_;
  std::atomic<u64> seen_;  // watch_.Now() at the last reseed
  std::atomic<u64> reseeded_at_ms_;
  std::atomic<pid_t> guard_pid_;  // whose memory this is, where the kernel does not wipe it
  random::Root root_;
  alignas(random::Stream) std::byte stream_[sizeof(random::Stream)];  // there once generation_ is not 0
};

}  // namespace caponier::hosted
