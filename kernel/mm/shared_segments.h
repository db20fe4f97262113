// System V's shared memory: pages with a number and a key, mapped as any other source of pages is. They are the machine's own, which has
// one process: what it attaches twice is the same memory twice.
//
// What stays true: a segment lives until it is both removed and nowhere attached.
#pragma once

#include "kernel/mm/address_space.h"
#include "kernel/mm/system_v.h"

namespace caponier::mm {

class SharedSegment final : public PageSource, public SystemVObject {
 public:
  static Result<Ref<SharedSegment>> Create(u64 bytes, i32 key);
  SharedSegment(Ref<PageSource> pages, u64 segment_bytes, i32 segment_key);
  ~SharedSegment() override;

  Result<PhysAddr> Page(u64 index, bool for_write) override;
  bool IsPresent(u64 index) const override { return pages_->IsPresent(index); }
  std::string_view mapped_name() const override { return {name_, sizeof(name_)}; }
  u64 inode_number() const override { return static_cast<u64>(id); }

  // Mappings of it.
  u64 attached(const AddressSpace& memory) const;
  // It loses its key, and goes when it is attached nowhere.
  void Remove();

  const u64 bytes;
  u64 touched_pages = 0;
  bool locked = false;
  // As shmctl(2) shows it.
  i32 creator = 0, last = 0;             // processes
  i64 attached_at = 0, detached_at = 0;  // seconds since 1970; 0: never

 private:
  Ref<PageSource> pages_;
  char name_[23];
};

SystemVTable& SharedSegments();
SharedSegment* SegmentBehind(const PageSource* source);  // null: the source is none

}  // namespace caponier::mm
