#include "kernel/mm/shared_segments.h"

#include "kernel/mm/shared_pages.h"

namespace caponier::mm {
namespace {

constinit List<SharedSegment, &SharedSegment::node> g_segments;
constinit i32 g_last_id = -1;

}  // namespace

// The list holds the reference that Remove gives up.
Result<Ref<SharedSegment>> SharedSegment::Create(u64 bytes, i32 key) {
  Ref<PageSource> pages = TRY(MakeSharedPages(bytes));
  Ref<SharedSegment> made = TRY(MakeRef<SharedSegment>(std::move(pages), bytes, key));
  made->Retain();
  return made;
}

SharedSegment::SharedSegment(Ref<PageSource> pages, u64 segment_bytes, i32 segment_key)
    : key(segment_key), bytes(segment_bytes), pages_(std::move(pages)) {
  // Numbers go up, and start anew where they would become negative.
  do {
    g_last_id = g_last_id == 0x7fff'ffff ? 0 : g_last_id + 1;
  } while (FindSegment(g_last_id) != nullptr);
  id = g_last_id;
  constexpr char kPattern[] = "/SYSV00000000 (deleted)";
  static_assert(sizeof(kPattern) - 1 == sizeof(name_));
  __builtin_memcpy(name_, kPattern, sizeof(name_));
  for (int i = 0; i < 8; i++) name_[5 + i] = "0123456789abcdef"[static_cast<u32>(key) >> (28 - 4 * i) & 15];
  g_segments.PushBack(this);
}

SharedSegment::~SharedSegment() { g_segments.Remove(this); }

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

SharedSegment* FindSegment(i32 id) {
  for (SharedSegment* segment = g_segments.front(); segment != nullptr; segment = g_segments.Next(segment)) {
    if (segment->id == id) return segment;
  }
  return nullptr;
}

SharedSegment* FindSegmentByKey(i32 key) {
  for (SharedSegment* segment = g_segments.front(); segment != nullptr; segment = g_segments.Next(segment)) {
    if (segment->key == key && !segment->removed) return segment;
  }
  return nullptr;
}

SharedSegment* SegmentBehind(const PageSource* source) {
  for (SharedSegment* segment = g_segments.front(); segment != nullptr; segment = g_segments.Next(segment)) {
    if (segment == source) return segment;
  }
  return nullptr;
}

SharedSegment* NextSegment(SharedSegment* segment) { return segment == nullptr ? g_segments.front() : g_segments.Next(segment); }

size_t SegmentCount() { return g_segments.size(); }

}  // namespace caponier::mm
