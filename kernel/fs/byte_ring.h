// The bytes between the ends of a pipe or of a socket pair: a ring that is allocated at the first write.
#pragma once

#include "kernel/mm/user_copy.h"
#include "lib/base/result.h"
#include "lib/base/vector.h"

namespace caponier::fs {

class ByteRing {
 public:
  explicit ByteRing(u32 capacity) : first_capacity_(capacity), capacity_(capacity) {}

  u32 used() const { return used_; }
  u32 capacity() const { return capacity_; }
  u32 room() const { return capacity_ - used_; }
  Result<void> SetCapacity(u32 bytes);  // kBusy when what it holds would not fit
  // Up to `bytes` out of or into the ring; both stop early when the program's memory fails.
  Result<u64> Drain(mm::IoBuffer& to, u64 bytes);
  Result<u64> Feed(mm::IoBuffer& from, u64 bytes);
  // As Drain, and the bytes stay.
  Result<u64> Peek(mm::IoBuffer& to, u64 bytes);
  // Takes that many bytes out, or all: another thread may have read some since they were looked at.
  void Skip(u64 bytes);
  // Loses what nobody read, and is as new.
  void Forget();

 private:
  Vector<std::byte> ring_;
  u32 first_capacity_, capacity_, head_ = 0, used_ = 0;
};

}  // namespace caponier::fs
