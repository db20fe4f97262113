#include "kernel/mm/shared_segments.h"

#include "kernel/mm/shared_pages.h"

namespace caponier::mm {
namespace {

constinit SystemVTable g_segments;

}  // namespace

// The list holds the reference that Remove gives up.
Result<Ref<SharedSegment>> SharedSegment::Create(u64 bytes, i32 key) {
  Ref<PageSource> pages = TRY(MakeSharedPages(bytes));
  Ref<SharedSegment> made = TRY(MakeRef<SharedSegment>(std::move(pages), bytes, key));
  made->Retain();
  return made;
}

SharedSegment::SharedSegment(Ref<PageSource> pages, u64 segment_bytes, i32 segment_key)
    : bytes(segment_bytes), pages_(std::move(pages)) {
  key = segment_key;
  constexpr char kPattern[] = "/SYSV00000000 (deleted)";
  static_assert(sizeof(kPattern) - 1 == sizeof(name_));
  __builtin_memcpy(name_, kPattern, sizeof(name_));
  for (int i = 0; i < 8; i++) name_[5 + i] = "0123456789abcdef"[static_cast<u32>(key) >> (28 - 4 * i) & 15];
  g_segments.Add(*this);
}

SharedSegment::~SharedSegment() { g_segments.Remove(*this); }

Result<PhysAddr> SharedSegment::Page(u64 index, bool for_write) {
  const bool fresh = !pages_->IsPresent(index);
  const PhysAddr frame = TRY(pages_->Page(index, for_write));
  if (fresh) touched_pages++;
  return frame;
}

u64 SharedSegment::attached(const AddressSpace& memory) const {
  u64 count = 0;
  for (const Mapping& mapping : memory.mappings()) count += mapping.source.get() == this;
  return count;
}

void SharedSegment::Remove() {
  if (removed) return;
  removed = true;
  key = 0;
  Release();
}

SystemVTable& SharedSegments() { return g_segments; }

SharedSegment* SegmentBehind(const PageSource* source) {
  for (SystemVObject* at = g_segments.Next(nullptr); at != nullptr; at = g_segments.Next(at)) {
    if (static_cast<SharedSegment*>(at) == source) return static_cast<SharedSegment*>(at);
  }
  return nullptr;
}

}  // namespace caponier::mm
