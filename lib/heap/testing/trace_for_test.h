// A random trace of allocations against a model: what each block must hold, how it must be aligned, what must be refused. It knows the
// allocator only by `Calls`, so that the core and the C library's functions are tried by the same one.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace caponier::heap::testing {

// Pointers go through Reach before they are followed. Null is an answer where memory may run out, and nothing else may change then.
template <typename T>
concept AllocatorCalls = requires(T& calls, void* block, size_t bytes) {
  { calls.Allocate(bytes) } -> std::same_as<void*>;
  { calls.AllocateZeroed(bytes, bytes) } -> std::same_as<void*>;
  { calls.AllocateAligned(bytes, bytes) } -> std::same_as<void*>;  // size, alignment
  { calls.Reallocate(block, bytes) } -> std::same_as<void*>;
  { calls.Free(block, bytes) } -> std::same_as<void>;
  { calls.SizeOf(block) } -> std::same_as<size_t>;
  { calls.Reach(block) } -> std::same_as<unsigned char*>;
  { calls.SawRefusal() } -> std::same_as<bool>;  // whether the last null came with the right error
  { T::kMayRunOut } -> std::convertible_to<bool>;
};

struct TracedBlock {
  void* pointer = nullptr;
  size_t bytes = 0;
  uint64_t stamp = 0;  // what it holds follows from this
};

// What threads hand each other.
struct TraceExchange {
  static constexpr size_t kPlaces = 64;
  std::atomic<TracedBlock*> places[kPlaces] = {};
};

struct TraceCounts {
  uint64_t operations = 0, refused = 0, handed = 0;
};

template <AllocatorCalls Calls>
class Trace {
 public:
  static constexpr size_t kBlocks = 512;
  // `exchange` outlives the trace. Blocks in it at the end are nobody's: FreeHanded has them.
  Trace(Calls& calls, uint64_t seed, TraceExchange& exchange)
      : calls_(calls), random_(seed * 2 + 1), exchange_(exchange), own_(std::make_unique<Records>()) {
    for (size_t i = 0; i < kBlocks; i++) own_->held[i] = &own_->blocks[i];
  }

  void Run(uint64_t operations) {
    for (; operations > 0; operations--) Step();
  }

  // Frees what the trace holds. The records it was handed are other traces' own, so all must end before any is destroyed.
  void Finish() {
    for (TracedBlock* block : own_->held) Discard(*block);
  }
  void FreeHanded() {
    for (auto& place : exchange_.places) {
      if (TracedBlock* block = place.exchange(nullptr); block != nullptr) Discard(*block);
    }
  }
  const TraceCounts& counts() const { return counts_; }

 private:
  uint64_t Draw() {  // xorshift64*: the trace should take less time than what it tries
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return random_ * 0x2545'f491'4f6c'dd1d;
  }
  uint64_t Below(uint64_t bound) { return (Draw() >> 32) % bound; }

  void Require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "trace: %s, in operation %llu\n", what, static_cast<unsigned long long>(counts_.operations));
    std::abort();
  }

  // Mostly small, borders of size classes often, some large.
  size_t DrawSize() {
    const uint64_t kind = Below(256);
    if (kind < 128) return Below(size_t{8} << Below(8));
    if (kind < 192) {
      const uint64_t border = (4 + Below(4)) << (2 + Below(14));  // up to 256 KiB
      const uint64_t around = border + Below(35);
      return around > 17 ? around - 17 : 0;
    }
    if (kind < 250) return Below(size_t{1} << (10 + Below(8)));
    return Below(size_t{1} << 21);
  }
  static size_t TooMuch(uint64_t draw) {
    constexpr size_t kAll = ~size_t{0};
    const size_t sizes[] = {
        kAll, kAll - 1, kAll - 15, kAll - 4096, kAll / 2 + 1, (kAll / 2 + 1) | 4096, size_t{1} << 60, kAll / 2 - 4096};
    return sizes[draw % 8];
  }

  // All of a small block, and of a larger one both ends and eight bytes in each 512: pieces of up to eight bytes, since under emulation each access
  // to tagged memory takes long.
  static constexpr size_t kPiece = sizeof(uint64_t);
  template <typename Visit>
  static void ForEachMarked(size_t bytes, Visit visit) {
    constexpr size_t kWhole = 512;
    const bool all = bytes <= 2 * kWhole;
    for (size_t i = 0, end = all ? bytes : kWhole / 2; i < end; i += kPiece) visit(i, end - i < kPiece ? end - i : kPiece);
    if (all) return;
    for (size_t at = kWhole; at + kWhole <= bytes; at += kWhole) visit(at, kPiece);
    for (size_t i = bytes - kWhole / 2; i < bytes; i += kPiece) visit(i, kPiece);
  }
  static uint64_t Mark(uint64_t stamp, size_t at) {
    const uint64_t product = (stamp + at * 0x9e37'79b9) * 0xff51'afd7'ed55'8ccd;
    return product ^ product >> 32;
  }
  static uint64_t Load(const unsigned char* at, size_t count) {
    uint64_t value = 0;
    if (count == kPiece) __builtin_memcpy(&value, at, kPiece);
    else
      for (size_t i = 0; i < count; i++) value |= uint64_t{at[i]} << 8 * i;
    return value;
  }
  void Fill(TracedBlock& block) {
    block.stamp = Draw();
    unsigned char* bytes = calls_.Reach(block.pointer);
    ForEachMarked(block.bytes, [&](size_t at, size_t count) {
      const uint64_t mark = Mark(block.stamp, at);
      if (count == kPiece) __builtin_memcpy(bytes + at, &mark, kPiece);
      else
        for (size_t i = 0; i < count; i++) bytes[at + i] = static_cast<unsigned char>(mark >> 8 * i);
    });
  }
  // The first `bytes`, which all marks of a block of `marked` bytes are looked up in.
  void CheckFilled(const void* pointer, size_t marked, size_t bytes, uint64_t stamp) {
    const unsigned char* start = calls_.Reach(const_cast<void*>(pointer));
    bool good = true;
    ForEachMarked(marked, [&](size_t at, size_t count) {
      if (at >= bytes) return;
      const size_t there = bytes - at < count ? bytes - at : count;
      good &= ((Load(start + at, there) ^ Mark(stamp, at)) << 8 * (kPiece - there)) == 0;
    });
    Require(good, "a block does not hold what was written to it");
  }

  void Take(TracedBlock& block, void* pointer, size_t bytes, size_t alignment) {
    if (pointer == nullptr) {
      Refused();
      return;
    }
    Require(reinterpret_cast<uintptr_t>(calls_.Reach(pointer)) % alignment == 0, "a block is not aligned");
    Require(calls_.SizeOf(pointer) >= bytes, "a block is smaller than was asked for");
    block.pointer = pointer;
    block.bytes = bytes;
    Fill(block);
  }
  void Refused() {
    counts_.refused++;
    Require(Calls::kMayRunOut, "there was memory, and it was refused");
    Require(calls_.SawRefusal(), "a refusal has the wrong error");
  }
  void Discard(TracedBlock& block) {
    if (block.pointer == nullptr) return;
    CheckFilled(block.pointer, block.bytes, block.bytes, block.stamp);
    calls_.Free(block.pointer, block.bytes);
    block.pointer = nullptr;
  }

  void Make(TracedBlock& block) {
    const size_t bytes = DrawSize();
    switch (Below(8)) {
      case 0: {
        const size_t each = 1 + Below(32);
        void* pointer = calls_.AllocateZeroed(bytes / each, each);
        if (pointer != nullptr) {
          unsigned char* at = calls_.Reach(pointer);
          bool zero = true;
          ForEachMarked(bytes / each * each, [&](size_t i, size_t count) { zero &= Load(at + i, count) == 0; });
          Require(zero, "memory that was to be zero is not");
        }
        Take(block, pointer, bytes / each * each, alignof(std::max_align_t));
        return;
      }
      case 1: {
        const size_t alignment = size_t{16} << Below(Below(4) == 0 ? 13 : 5);
        Take(block, calls_.AllocateAligned(bytes, alignment), bytes, alignment);
        return;
      }
      default: Take(block, calls_.Allocate(bytes), bytes, alignof(std::max_align_t));
    }
  }

  void Resize(TracedBlock& block) {
    // Often by little, as what grows does.
    const size_t before = block.bytes, bytes = Below(2) == 0 ? before + Below(before / 2 + 32) : DrawSize() + 1;
    if (bytes == 0) return;
    void* after = calls_.Reallocate(block.pointer, bytes);
    if (after == nullptr) {
      Refused();
      CheckFilled(block.pointer, before, before, block.stamp);
      return;
    }
    CheckFilled(after, before, before < bytes ? before : bytes, block.stamp);
    Take(block, after, bytes, alignof(std::max_align_t));
  }

  void AskForTooMuch(TracedBlock& block) {
    const size_t bytes = TooMuch(Draw());
    switch (Below(4)) {
      case 0: Require(calls_.Allocate(bytes) == nullptr && calls_.SawRefusal(), "an impossible size was granted"); break;
      case 1: {
        const size_t count = bytes / 7 + 1;  // times 8 is more than there are addresses, or wraps
        Require(calls_.AllocateZeroed(count, 8 + Below(5) * 8) == nullptr && calls_.SawRefusal(),
                "a size that overflows was granted");
        break;
      }
      case 2:
        Require(calls_.AllocateAligned(bytes, size_t{16} << Below(8)) == nullptr && calls_.SawRefusal(),
                "an impossible size was granted");
        break;
      default:
        if (block.pointer == nullptr) break;
        Require(calls_.Reallocate(block.pointer, bytes) == nullptr && calls_.SawRefusal(), "an impossible size was granted");
        CheckFilled(block.pointer, block.bytes, block.bytes, block.stamp);
    }
  }

  void Step() {
    counts_.operations++;
    TracedBlock*& place = own_->held[Below(kBlocks)];
    const uint64_t what = Below(256);
    if (what == 0) {
      AskForTooMuch(*place);
    } else if (what < 16) {
      place = exchange_.places[Below(TraceExchange::kPlaces)].exchange(place, std::memory_order_acq_rel);
      if (place == nullptr) place = Spare();
      else counts_.handed++;
    } else if (place->pointer == nullptr) {
      Make(*place);
    } else if (what < 64) {
      Resize(*place);
    } else {
      Discard(*place);
    }
  }
  // Each place of the exchange is empty once.
  TracedBlock* Spare() { return &own_->blocks[kBlocks + spares_++]; }

  Calls& calls_;
  uint64_t random_;
  TraceExchange& exchange_;
  struct Records {
    TracedBlock blocks[kBlocks + TraceExchange::kPlaces];
    TracedBlock* held[kBlocks];
  };
  std::unique_ptr<Records> own_;
  size_t spares_ = 0;
  TraceCounts counts_;
};

}  // namespace caponier::heap::testing
