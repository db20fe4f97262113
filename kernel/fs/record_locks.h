// Locks of byte ranges, fcntl(2): the process's, which all its descriptions share, and those of open file descriptions.
//
// What stays true: ranges of one owner do not overlap, and two owners' do only where both read.
#pragma once

#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/base/vector.h"

namespace caponier::fs {

class RecordLocks {
 public:
  enum class Kind : u8 { kRead, kWrite };
  using Owner = const void*;  // an open file description, or kProcess
  static constexpr Owner kProcess = nullptr;
  static constexpr u64 kEnd = 0x7fff'ffff'ffff'ffff;  // the last byte that a file can have
  struct Lock {
    Owner owner = kProcess;
    u64 first = 0, last = 0;  // bytes, both in it
    Kind kind = Kind::kRead;
  };

  bool empty() const { return locks_.empty(); }
  // The first lock of another owner that keeps `wanted` away, or null.
  const Lock* Against(const Lock& wanted) const;
  // The first lock of this owner in the range, or null.
  const Lock* Held(Owner owner, u64 first, u64 last) const;
  // Nothing is against it. Locks and parts of locks that the owner has there become `wanted`.
  Result<void> Set(const Lock& wanted);
  // The owner's locks and parts of locks in the range go.
  Result<void> Release(Owner owner, u64 first, u64 last);
  void ReleaseAll(Owner owner);  // needs no memory

 private:
  Result<void> Rebuild(Owner owner, u64 first, u64 last, const Lock* added);

  Vector<Lock> locks_;  // an owner's are together, by place
};

}  // namespace caponier::fs
