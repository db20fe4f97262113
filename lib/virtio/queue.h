// The driver's half of a split virtqueue, [virtio-v1.2] 2.7, over one page that the device can read and write.
//
// The device is not trusted. All bookkeeping - which descriptors are free, which chain a token stands for, how much of it the
// device may write - lives in this object, and the shared page is written from it, never read back, save for the device's own
// `used` ring. What that says is checked: an index that moves by more than there are chains in flight, a token that is not in
// flight, a length beyond the writable part. One lie and the queue is dead: nothing of it is read or written again, and
// every call returns Error::kMalformed.
//
// Out of scope: EVENT_IDX, indirect descriptors, packed queues; a driver must not accept those features with this class.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace caponier::virtio {

inline constexpr u16 kMaxQueueSize = 128;  // descriptors; the most whose rings fit a page as a power of two

enum class Direction : u8 {
  kDeviceReads,
  kDeviceWrites,
};

struct Buffer {
  PhysAddr address;
  u32 length = 0;
  Direction direction = Direction::kDeviceReads;
};

struct Used {
  u16 token = 0;   // what AddBuffer gave
  u32 length = 0;  // bytes that the device says it wrote, at most what it was allowed to
};

// Where the parts of the rings lie, as the device is told.
struct QueueAddresses {
  PhysAddr descriptors;
  PhysAddr available;  // the driver area
  PhysAddr used;       // the device area
};

// [virtio-v1.2] 2.7.5 to 2.7.8. Single loads and stores, each atomic: the other side runs at the same time.
struct Descriptor {
  std::atomic<u64> address;
  std::atomic<u32> length;
  std::atomic<u16> flags;
  std::atomic<u16> next;
};
static_assert(sizeof(Descriptor) == 16);
struct UsedElement {
  std::atomic<u32> id;
  std::atomic<u32> length;
};
static_assert(sizeof(UsedElement) == 8);
struct RingHeader {
  std::atomic<u16> flags;
  std::atomic<u16> index;
};
static_assert(sizeof(RingHeader) == 4);
static_assert(std::atomic<u64>::is_always_lock_free);

inline constexpr u16 kDescriptorNext = 1;
inline constexpr u16 kDescriptorDeviceWrites = 2;
inline constexpr u16 kAvailableNoInterrupt = 1;
inline constexpr u16 kUsedNoNotify = 1;

constexpr u64 AvailableOffset(u16 size) { return u64{sizeof(Descriptor)} * size; }
constexpr u64 UsedOffset(u16 size) { return AlignUp(AvailableOffset(size) + sizeof(RingHeader) + u64{2} * size + 2, 4); }
constexpr u64 RingBytes(u16 size) { return UsedOffset(size) + sizeof(RingHeader) + sizeof(UsedElement) * size + 2; }
static_assert(RingBytes(kMaxQueueSize) <= kPageSize && RingBytes(2 * kMaxQueueSize) > kPageSize);

class Queue {
 public:
  // No queue yet: every call fails.
  constexpr Queue() = default;

  // Takes a page, which it zeroes and which must outlive the queue and the device's use of it. `size` is a power of two up to
  // kMaxQueueSize.
  static Result<Queue> Create(MutableBytes page, PhysAddr page_address, u16 size);

  u16 size() const { return size_; }
  QueueAddresses addresses() const;
  bool dead() const { return !fault_.empty(); }
  std::string_view fault() const { return fault_; }  // what the device did; a phrase that lives for ever

  // Hands a chain to the device: first what it reads, then what it writes. Returns its token, below size(), which stands for the
  // chain until PopUsed gives it back. kInvalidArgument for an empty or disordered chain or buffer, kNoSpace while too few
  // descriptors are free.
  Result<u16> AddBuffer(std::span<const Buffer> chain);
  u16 free_descriptors() const { return free_count_; }
  u16 in_flight() const { return in_flight_; }  // chains

  // Whether the device wants to be told of what was added. Call it once after a batch.
  bool NeedsNotify() const;

  // The next chain that the device is done with, if any.
  Result<std::optional<Used>> PopUsed();
  bool HasUsed() const;

  // Asks the device to raise or not to raise interrupts. A hint only: after turning them on, look at HasUsed() once more.
  void WantInterrupts(bool want);

 private:
  struct Slot {
    u32 writable = 0;  // bytes that the device may write, for the first of a chain
    u8 next = 0;       // the next of its chain, or of the free list
    u8 count = 0;      // descriptors in the chain that starts here; 0 when none is in flight
  };
  static_assert(kMaxQueueSize <= 256);

  Error Die(std::string_view what) {
    fault_ = what;
    return Error::kMalformed;
  }
  bool usable() const { return size_ != 0 && fault_.empty(); }
  Descriptor& descriptor(u16 i) const { return *At<Descriptor>(sizeof(Descriptor) * u64{i}); }
  RingHeader& available() const { return *At<RingHeader>(AvailableOffset(size_)); }
  std::atomic<u16>& available_entry(u16 i) const {
    return *At<std::atomic<u16>>(AvailableOffset(size_) + sizeof(RingHeader) + u64{2} * i);
  }
  RingHeader& used() const { return *At<RingHeader>(UsedOffset(size_)); }
  UsedElement& used_element(u16 i) const {
    return *At<UsedElement>(UsedOffset(size_) + sizeof(RingHeader) + sizeof(UsedElement) * u64{i});
  }
  template <typename T>
  T* At(u64 offset) const {
    return reinterpret_cast<T*>(page_ + offset);
  }

  std::byte* page_ = nullptr;
  PhysAddr address_;
  std::string_view fault_;
  u16 size_ = 0;
  u16 free_head_ = 0;
  u16 free_count_ = 0;
  u16 in_flight_ = 0;
  u16 next_available_ = 0;  // our index, as the device sees it
  u16 next_used_ = 0;       // how far we have read the device's
  std::array<Slot, kMaxQueueSize> slots_;
};

// The largest size this class can use of a queue whose device allows `device_max` descriptors; 0 when none.
u16 UsableQueueSize(u32 device_max);

}  // namespace caponier::virtio
