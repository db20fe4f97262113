#include "lib/virtio/queue.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace caponier::virtio {

u16 UsableQueueSize(u32 device_max) { return static_cast<u16>(std::bit_floor(std::min<u32>(device_max, kMaxQueueSize))); }

Result<Queue> Queue::Create(MutableBytes page, PhysAddr page_address, u16 size) {
  if (page.size() < kPageSize || !IsAligned(reinterpret_cast<uintptr_t>(page.data()), kPageSize) ||
      page_address.page_offset() != 0) {
    return Error::kInvalidArgument;
  }
  if (!std::has_single_bit(size) || size > kMaxQueueSize) return Error::kInvalidArgument;
  __builtin_memset(page.data(), 0, kPageSize);
  Queue queue;
  queue.page_ = page.data();
  queue.address_ = page_address;
  queue.size_ = size;
  queue.free_count_ = size;
  for (u16 i = 0; i < size; i++) queue.slots_[i].next = static_cast<u8>(i + 1);  // the last one's is never followed
  return queue;
}

QueueAddresses Queue::addresses() const { return {address_, address_ + AvailableOffset(size_), address_ + UsedOffset(size_)}; }

Result<u16> Queue::AddBuffer(std::span<const Buffer> chain) {
  if (!usable()) return Error::kMalformed;
  if (chain.empty() || chain.size() > size_) return Error::kInvalidArgument;
  u64 writable = 0;
  for (const Buffer& buffer : chain) {
    if (buffer.length == 0) return Error::kInvalidArgument;
    if (buffer.direction == Direction::kDeviceWrites) {
      writable += buffer.length;
    } else if (writable != 0) {
      return Error::kInvalidArgument;  // [virtio-v1.2] 2.7.4.2: readable ones come first
    }
  }
  if (writable > std::numeric_limits<u32>::max()) return Error::kInvalidArgument;  // `used` could not report it
  if (chain.size() > free_count_) return Error::kNoSpace;

  const u16 head = free_head_;
  u16 at = head;
  for (size_t i = 0; i < chain.size(); i++) {
    const Buffer& buffer = chain[i];
    const bool last = i + 1 == chain.size();
    u16 flags = buffer.direction == Direction::kDeviceWrites ? kDescriptorDeviceWrites : 0;
    if (!last) flags |= kDescriptorNext;
    Descriptor& entry = descriptor(at);
    entry.address.store(buffer.address.value, std::memory_order_relaxed);
    entry.length.store(buffer.length, std::memory_order_relaxed);
    entry.flags.store(flags, std::memory_order_relaxed);
    entry.next.store(last ? 0 : slots_[at].next, std::memory_order_relaxed);
    free_head_ = slots_[at].next;
    if (!last) at = free_head_;
  }
  slots_[head].count = static_cast<u8>(chain.size());
  slots_[head].writable = static_cast<u32>(writable);
  free_count_ -= static_cast<u16>(chain.size());
  in_flight_++;

  available_entry(next_available_ & (size_ - 1)).store(head, std::memory_order_relaxed);
  next_available_++;
  // Everything above, and what the caller put into the buffers, becomes visible before the index does.
  available().index.store(next_available_, std::memory_order_release);
  return head;
}

bool Queue::NeedsNotify() const {
  if (!usable()) return false;
  // Our index must be visible before the device's wish is read, or both sides could wait for each other: [virtio-v1.2] 2.7.13.4.1.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return (used().flags.load(std::memory_order_relaxed) & kUsedNoNotify) == 0;
}

bool Queue::HasUsed() const {
  if (!usable()) return false;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return used().index.load(std::memory_order_acquire) != next_used_;
}

Result<std::optional<Used>> Queue::PopUsed() {
  if (!usable()) return Error::kMalformed;
  const u16 waiting = static_cast<u16>(used().index.load(std::memory_order_acquire) - next_used_);
  if (waiting == 0) return std::optional<Used>{};
  if (waiting > in_flight_) return Die("the device returned more buffers than it was given");

  // Each is read once: the device may change it between two looks.
  UsedElement& element = used_element(next_used_ & (size_ - 1));
  const u32 id = element.id.load(std::memory_order_relaxed);
  const u32 length = element.length.load(std::memory_order_relaxed);
  if (id >= size_) return Die("the device returned a buffer number outside the queue");
  Slot& head = slots_[id];
  if (head.count == 0) return Die("the device returned a buffer that it does not have");
  if (length > head.writable) return Die("the device claims to have written more than the buffer holds");

  // Back to the free list, the whole chain in front.
  u16 last = static_cast<u16>(id);
  for (u8 i = 1; i < head.count; i++) last = slots_[last].next;
  slots_[last].next = static_cast<u8>(free_head_);
  free_head_ = static_cast<u16>(id);
  free_count_ += head.count;
  head.count = 0;
  in_flight_--;
  next_used_++;
  return std::optional<Used>(Used{static_cast<u16>(id), length});
}

void Queue::WantInterrupts(bool want) {
  if (!usable()) return;
  available().flags.store(want ? 0 : kAvailableNoInterrupt, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace caponier::virtio
