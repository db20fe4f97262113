// The device's half of a virtqueue, for tests: it reads and writes the shared page as a device would, and lies when told to.
#pragma once

#include <cstring>
#include <vector>

#include "lib/virtio/queue.h"

namespace caponier::virtio {

struct alignas(kPageSize) PageForTest {
  std::byte bytes[kPageSize];
  MutableBytes view() { return bytes; }
};

inline constexpr PhysAddr kPageAddressForTest{0x12345000};

class RingForTest {
 public:
  RingForTest(PageForTest& page, u16 size) : page_(page), size_(size) {}

  template <typename T>
  T Load(u64 offset) const {
    T value;
    std::memcpy(&value, page_.bytes + offset, sizeof(T));
    return value;
  }
  template <typename T>
  void Store(u64 offset, T value) {
    std::memcpy(page_.bytes + offset, &value, sizeof(T));
  }

  u16 available_flags() const { return Load<u16>(AvailableOffset(size_)); }
  u16 available_index() const { return Load<u16>(AvailableOffset(size_) + 2); }
  u16 available_entry(u16 i) const { return Load<u16>(AvailableOffset(size_) + 4 + 2 * (i % size_)); }
  void set_used_flags(u16 flags) { Store<u16>(UsedOffset(size_), flags); }
  void set_used_index(u16 index) { Store<u16>(UsedOffset(size_) + 2, index); }
  u16 used_index() const { return Load<u16>(UsedOffset(size_) + 2); }
  void set_used_element(u16 i, u32 id, u32 length) {
    Store<u32>(UsedOffset(size_) + 4 + 8 * (i % size_), id);
    Store<u32>(UsedOffset(size_) + 8 + 8 * (i % size_), length);
  }

  // The next available chain's token, if the driver has added one.
  std::optional<u16> Take() {
    if (seen_ == available_index()) return std::nullopt;
    return available_entry(seen_++);
  }
  std::vector<Buffer> Chain(u16 head) const {
    std::vector<Buffer> out;
    for (u16 at = head;; at = Load<u16>(16 * at + 14)) {
      u16 flags = Load<u16>(16 * at + 12);
      out.push_back({PhysAddr{Load<u64>(16 * at)}, Load<u32>(16 * at + 8),
                     (flags & kDescriptorDeviceWrites) != 0 ? Direction::kDeviceWrites : Direction::kDeviceReads});
      if ((flags & kDescriptorNext) == 0 || out.size() > size_) return out;
    }
  }
  void Return(u32 id, u32 length) {
    set_used_element(used_index(), id, length);
    set_used_index(static_cast<u16>(used_index() + 1));
  }

 private:
  PageForTest& page_;
  u16 size_;
  u16 seen_ = 0;
};

}  // namespace caponier::virtio
