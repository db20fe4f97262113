// A platform for tests: Linux's memory, tags that are simulated or absent, misuse as a C++ exception, and failures on demand.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "lib/arch/x86_instructions.h"
#include "lib/heap/heap.h"

namespace caponier::heap::testing {

// Tags in a shadow of every reservation. Pointers carry them in their top byte, as on AArch64; Reach takes them off after comparing.
class SimulatedTags {
 public:
  static constexpr bool kPossible = true;
  static constexpr int kShift = 56;
  static u64 Address(const void* pointer) { return reinterpret_cast<u64>(pointer) & ((u64{1} << kShift) - 1); }
  static Tag TagOf(const void* pointer) { return Tag{static_cast<u8>(reinterpret_cast<u64>(pointer) >> kShift & 15)}; }
  static void* Pointer(u64 address, Tag tag) { return reinterpret_cast<void*>(address | u64{tag.value} << kShift); }
  static void Set(u64 address, u64 bytes, Tag tag) {
    EXPECT_TRUE(IsAligned(address, kGranule) && IsAligned(bytes, kGranule));
    granules_set += bytes / kGranule;
    for (u64 at = 0; at < bytes; at += kGranule) *ShadowOf(address + at) = tag.value;
  }
  static void SetAndZero(u64 address, u64 bytes, Tag tag) {
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    Set(address, bytes, tag);
    __builtin_memset(reinterpret_cast<void*>(address), 0, bytes);
  }
  static void* Reach(void* pointer) { return reinterpret_cast<void*>(Address(pointer)); }

  // Whether the processor would let this access pass.
  static bool Allows(const void* pointer, u64 offset = 0) {
    const u64 address = Address(pointer) + offset;
    u8* shadow = ShadowOf(address);
    return shadow != nullptr && *shadow == TagOf(pointer).value;
  }
  static Tag At(u64 address) { return Tag{*ShadowOf(address)}; }
  static void AddReservation(u64 base, u64 bytes) {
    void* shadow = mmap(nullptr, bytes / kGranule, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    reservations_.push_back({base, bytes, static_cast<u8*>(shadow)});
  }
  static void Forget() {
    for (const Reservation& r : reservations_) munmap(r.shadow, r.bytes / kGranule);
    reservations_.clear();
  }
  // What the kernel does with pages that go.
  static void Reset(u64 address, u64 bytes) {
    if (u8* shadow = ShadowOf(address); shadow != nullptr) __builtin_memset(shadow, 0, bytes / kGranule);
  }
  static void Move(u64 from, u64 bytes, u64 to) { __builtin_memcpy(ShadowOf(to), ShadowOf(from), bytes / kGranule); }
  static inline std::atomic<u64> granules_set = 0;
  static inline std::function<void()> meanwhile;  // what another thread does when tags are set next

 private:
  struct Reservation {
    u64 base, bytes;
    u8* shadow;
  };
  static u8* ShadowOf(u64 address) {
    for (const Reservation& r : reservations_)
      if (address - r.base < r.bytes) return r.shadow + (address - r.base) / kGranule;
    return nullptr;
  }
  static inline std::vector<Reservation> reservations_;
};

template <typename TagsType>
struct TestPlatform {
  using Tags = TagsType;
  class Mutex {
   public:
    void Lock() { mutex_.lock(); }
    void Unlock() { mutex_.unlock(); }

   private:
    std::mutex mutex_;
  };
  using Lock = Mutex;

  static Result<u64> Reserve(u64 bytes) {
    if (Fails()) return Error::kNoMemory;
    const u64 whole = bytes + kReserveAlignment;
    void* memory = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return Error::kNoMemory;
    reserved.push_back({memory, whole});
    const u64 base = AlignUp(reinterpret_cast<u64>(memory), kReserveAlignment);
    if constexpr (Tags::kPossible) Tags::AddReservation(base, bytes);
    return base;
  }
  static Result<> Commit(u64 address, u64 bytes, MemoryUse) {
    if (Fails()) return Error::kNoMemory;
    EXPECT_TRUE(IsOurs(address, bytes)) << "others' memory";
    NoteTouch(address, bytes);
    if (mprotect(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE) != 0) return Error::kNoMemory;
    committed += bytes;
    commits++;
    return {};
  }
  static void Release(u64 address, u64 bytes) {
    NoteTouch(address, bytes);
    mmap(reinterpret_cast<void*>(address), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    committed -= bytes;
    if constexpr (Tags::kPossible) Tags::Reset(address, bytes);
  }
  static void Populate(u64 address, u64 bytes) {
    EXPECT_EQ(mprotect(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE), 0);
    for (u64 page = address; page < address + bytes; page += kPageSize) *reinterpret_cast<volatile u8*>(page) += 0;
    populated += bytes;
  }
  static void Discard(u64 address, u64 bytes) { madvise(reinterpret_cast<void*>(address), bytes, MADV_DONTNEED); }
  static void Forget(u64 address, u64 bytes) {
    NoteTouch(address, bytes);
    forgotten += bytes;
    EXPECT_TRUE(IsOurs(address, bytes)) << "others' memory";
  }
  static void Use(u64 address, u64 bytes) { EXPECT_TRUE(IsOurs(address, bytes)) << "others' memory"; }
  // Whether these bytes are of one reservation.
  static bool IsOurs(u64 address, u64 bytes) {
    bool inside = false;
    for (const auto& [memory, length] : reserved) {
      const u64 base = AlignUp(reinterpret_cast<u64>(memory), kReserveAlignment);
      inside |= address >= base && address + bytes <= base + length - kReserveAlignment;
    }
    return inside;
  }
  static u64 InMemory(u64, u64 bytes) { return touched ? bytes : 0; }
  static Result<> Move(u64 from, u64 bytes, u64 to, Contents) {
    if (Fails()) return Error::kNotSupported;
    if (loses_every != 0 && random() % loses_every == 0) {
      lost.emplace_back(to, bytes);
      return Error::kExists;
    }
    NoteTouch(to, bytes);
    if (mprotect(reinterpret_cast<void*>(to), bytes, PROT_READ | PROT_WRITE) != 0) return Error::kNoMemory;
    if (mprotect(reinterpret_cast<void*>(from), bytes, PROT_READ) != 0) return Error::kNoMemory;
    __builtin_memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
    if constexpr (Tags::kPossible) Tags::Move(from, bytes, to);
    committed += bytes;
    Release(from, bytes);
    return {};
  }
  static bool TagsWhenTouched() { return tags_when_touched; }
  // Set at once where nothing has been touched, but not counted.
  static bool TagWhenTouched(u64 address, u64 bytes, Tag tag) {
    if constexpr (Tags::kPossible) {
      if (!tags_when_touched) return false;
      for (u64 page = address; page < address + bytes; page += kPageSize) {
        unsigned char there = 0;
        if (mincore(reinterpret_cast<void*>(page), kPageSize, &there) != 0 || (there & 1) != 0) continue;
        Tags::Set(page, kPageSize, tag);
        Tags::granules_set -= kPageSize / kGranule;
      }
      return true;
    }
    return false;
  }
  static void Fill(MutableBytes bytes) {
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    const std::lock_guard guard(random_lock);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() >> 24);
  }
  static bool HasWideVectors() {
#if defined(__x86_64__)
    return arch::DecodeX86(arch::ReadX86Words()).avx2;
#else
    return false;
#endif
  }
  static void* NoMemory() { return nullptr; }
  [[noreturn]] static void Stop(const Misuse& misuse) { throw misuse; }

  // Every call that can fail does, from the given one on; -1: none.
  static bool Fails() { return fail_in >= 0 && fail_in-- == 0 && (fail_in = 0, true); }
  static void Reset() {
    for (const auto& [memory, bytes] : reserved) munmap(memory, bytes);
    reserved.clear();
    committed = commits = forgotten = populated = 0;
    fail_in = -1;
    touched = true;
    tags_when_touched = false;
    loses_every = 0;
    lost.clear();
    touched_lost = false;
    if constexpr (Tags::kPossible) Tags::Forget();
  }

  struct Reserved {
    void* memory;
    u64 bytes;
  };
  static inline std::vector<Reserved> reserved;
  static inline std::atomic<u64> committed = 0, commits = 0;    // bytes now, calls so far
  static inline std::atomic<u64> forgotten = 0, populated = 0;  // bytes so far
  static inline std::atomic<i64> fail_in = -1;
  static inline bool touched = true;  // programs use all of their memory
  static inline bool tags_when_touched = false;
  static inline std::function<void()> meanwhile;  // what another thread does when bytes are drawn next
  static inline u64 loses_every = 0;              // one in so many moves finds its destination taken; 0: none
  static inline std::vector<std::pair<u64, u64>> lost;
  static inline bool touched_lost = false;
  static void NoteTouch(u64 address, u64 bytes) {
    for (const auto& [begin, length] : lost) touched_lost |= address < begin + length && begin < address + bytes;
  }
  static inline std::mutex random_lock;
  static inline std::mt19937_64 random{1};
};

using PlainPlatform = TestPlatform<NoTags>;
using TaggedPlatform = TestPlatform<SimulatedTags>;
struct NarrowPlatform : PlainPlatform {
  static bool HasWideVectors() { return false; }
};
static_assert(Platform<PlainPlatform> && Platform<NarrowPlatform> && Platform<TaggedPlatform>);

// A heap with one thread's cache.
template <typename P>
struct TestHeap {
  explicit TestHeap(Settings settings = {.arena_bytes = kGiB}) {
    EXPECT_TRUE(heap->Start(settings, true).ok());
    cache = heap->OpenCache();
  }
  ~TestHeap() {
    heap.reset();
    P::Reset();
  }
  void* Allocate(u64 bytes) { return heap->Allocate(*cache, bytes); }
  void* AllocateAligned(u64 bytes, u64 alignment) { return heap->AllocateAligned(*cache, bytes, alignment); }
  void* Reallocate(void* block, u64 bytes) { return heap->Reallocate(*cache, block, bytes); }
  void Free(void* block) { heap->Free(*cache, block); }

  std::unique_ptr<Heap<P>> heap = std::make_unique<Heap<P>>();
  Cache* cache;
};

// The crime that `action` is stopped for; nothing when it is not.
template <typename Action>
std::optional<Crime> CrimeOf(Action action) {
  try {
    action();
  } catch (const Misuse& misuse) {
    return misuse.crime;
  }
  return std::nullopt;
}

}  // namespace caponier::heap::testing
