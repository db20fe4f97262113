#include "kernel/fs/byte_ring.h"

#include <algorithm>

#include "kernel/mm/frames.h"

namespace caponier::fs {

Result<void> ByteRing::SetCapacity(u32 bytes) {
  if (bytes < used_) return Error::kBusy;
  if (mm::InReserve()) return Error::kNoMemory;
  if (!ring_.empty()) {
    Vector<std::byte> fresh;
    TRY(fresh.Resize(bytes));
    for (u32 i = 0; i < used_; i++) fresh[i] = ring_[(head_ + i) % capacity_];
    ring_ = std::move(fresh);
    head_ = 0;
  }
  capacity_ = bytes;
  return {};
}

Result<u64> ByteRing::Drain(mm::IoBuffer& to, u64 bytes) {
  u64 done = 0;
  while (done < bytes && used_ != 0) {
    const u64 piece = std::min({bytes - done, u64{used_}, u64{capacity_ - head_}});
    if (auto moved = to.Put(Bytes(ring_.data() + head_, piece)); !moved.ok()) {
      if (done != 0) break;
      return moved.error();
    }
    head_ = static_cast<u32>((head_ + piece) % capacity_);
    used_ -= static_cast<u32>(piece);
    done += piece;
  }
  if (used_ == 0) head_ = 0;
  return done;
}

Result<u64> ByteRing::Feed(mm::IoBuffer& from, u64 bytes) {
  if (ring_.empty()) {
    if (mm::InReserve()) return Error::kNoMemory;
    TRY(ring_.Resize(capacity_));
  }
  u64 done = 0;
  while (done < bytes && room() != 0) {
    const u32 tail = static_cast<u32>((u64{head_} + used_) % capacity_);
    const u64 piece = std::min({bytes - done, u64{room()}, u64{capacity_ - tail}});
    if (auto moved = from.Take(MutableBytes(ring_.data() + tail, piece)); !moved.ok()) {
      if (done != 0) break;
      return moved.error();
    }
    used_ += static_cast<u32>(piece);
    done += piece;
  }
  return done;
}

Result<u64> ByteRing::Peek(mm::IoBuffer& to, u64 bytes) {
  const u32 head = head_, used = used_;
  const auto done = Drain(to, bytes);
  head_ = head;
  used_ = used;
  return done;
}

void ByteRing::Skip(u64 bytes) {
  bytes = std::min(bytes, u64{used_});
  head_ = static_cast<u32>((head_ + bytes) % capacity_);
  used_ -= static_cast<u32>(bytes);
}

void ByteRing::Forget() {
  ring_ = Vector<std::byte>();
  head_ = used_ = 0;
  capacity_ = first_capacity_;
}

}  // namespace caponier::fs
