#include "tool/order/physical_place.h"

#include <algorithm>
#include <cstring>

namespace caponier::tool::order {
namespace {

constexpr std::string_view kDrawnPlace = "g_drawn_place";  // kernel/boot/stage1.cc
constexpr u64 kTextOffset = 8;
constexpr u32 kSegmentNote = 4;    // [gabi] 5, PT_NOTE
constexpr u64 kNoteContents = 16;  // behind three sizes and "Xen"

template <typename T>
bool Put(MutableBytes image, u64 at, T value) {
  const Le<T> bytes(value);
  if (at > image.size() || image.size() - at < sizeof(bytes)) return false;
  std::memcpy(image.data() + at, &bytes, sizeof(bytes));
  return true;
}

// The entry, in the first function, which does not move.
bool MoveEntry(u64 place, const LinkedKernel& kernel, ReorderedKernel& reordered) {
  const auto first_of = [&](u32 type) {
    return std::ranges::find_if(kernel.segments, [=](const elf::ProgramHeader& segment) { return segment.type == type; });
  };
  const auto text = first_of(elf::kSegmentLoad), note = first_of(kSegmentNote);
  if (note == kernel.segments.end() || note->vaddr < kernel.text_bytes || note->vaddr > kernel.image.size()) return false;
  const u64 at = note->vaddr + reordered.growth + kNoteContents;
  Le32 entry;
  if (at > reordered.image.size() - sizeof(entry)) return false;
  std::memcpy(&entry, reordered.image.data() + at, sizeof(entry));
  return Put<u32>(reordered.image, at, static_cast<u32>(entry - text->paddr + place));
}

}  // namespace

std::optional<u64> DrawPhysicalPlace(const KernelRoom& room, u64 image_bytes, const Draw& draw) {
  const u64 bytes = AlignUp(image_bytes, kPageSize);
  if (room.end < room.begin || room.end - room.begin < bytes) return std::nullopt;
  return room.begin + draw((room.end - room.begin - bytes) / kPageSize + 1) * kPageSize;
}

bool LoadAt(u64 place, u64 memory, const LinkedKernel& kernel, ReorderedKernel& reordered, Diagnostics& diagnostics) {
  const auto symbol = std::ranges::find(kernel.symbols, kDrawnPlace, &KernelSymbol::name);
  const bool told = symbol != kernel.symbols.end() && symbol->kind == SymbolKind::kPlace && symbol->value >= kernel.text_bytes &&
                    symbol->value < kernel.image.size() && Put(reordered.image, symbol->value + reordered.growth, place);
  if (!told) {
    diagnostics.Malformed("the kernel cannot be told its place in memory", 0);
    return false;
  }
  const bool asked = kernel.machine == elf::Machine::kX86_64 ? MoveEntry(place, kernel, reordered)
                                                             : Put(reordered.image, kTextOffset, place - memory);
  if (!asked) diagnostics.Malformed("the kernel does not say where it is to be loaded", 0);
  reordered.place = place;
  return asked;
}

}  // namespace caponier::tool::order
