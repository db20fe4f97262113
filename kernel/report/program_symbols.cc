// The program had its hands on the file, so the parser believes nothing of it (lib/elf, fuzzed), and sees it through read-only pages.
#include "kernel/report/program_symbols.h"

#include "kernel/mm/frames.h"
#include "lib/elf/format.h"

namespace caponier::report {
namespace {

constexpr u64 kLargestFile = 64 * kMiB;  // of larger files only what lies in front is looked at
constexpr size_t kLongestName = 120;

// The address at which the linker put byte `offset` of the file: by the segment that holds it.
std::optional<u64> LinkedAddress(Bytes file, u64 offset) {
  elf::Header header;
  if (file.size() < sizeof(header)) return std::nullopt;
  __builtin_memcpy(&header, file.data(), sizeof(header));
  for (u64 i = 0; i < header.phnum; i++) {
    elf::ProgramHeader segment;
    u64 at;
    if (!CheckedAdd<u64>(header.phoff, i * sizeof(segment), &at) || at > file.size() || file.size() - at < sizeof(segment)) break;
    __builtin_memcpy(&segment, file.data() + at, sizeof(segment));
    if (segment.type == elf::kSegmentLoad && offset >= segment.offset && offset - segment.offset < segment.filesz)
      return segment.vaddr + (offset - segment.offset);
  }
  return std::nullopt;
}

}  // namespace

bool ProgramSymbols::Open(const Ref<mm::PageSource>& file) {
  if (file_ == file.get()) return table_.ok();
  Close();
  file_ = file.get();
  Result<mm::KernelRegion> region = mm::ReserveRegion("symbols", kLargestFile);
  if (!region.ok()) return false;
  region_ = region.value();
  u64 bytes = 0;
  for (; bytes < kLargestFile; bytes += kPageSize) {
    const Result<PhysAddr> frame = file_->Page(bytes / kPageSize, false);
    if (!frame.ok()) break;
    if (!mm::MapPageAt(region_.begin + bytes, frame.value(), {}).ok()) {
      mm::ReleaseFrame(frame.value());
      break;
    }
  }
  bytes_ = Bytes(region_.data(), bytes);
  FirstDiagnostic ignored;
  table_ = elf::SymbolTable::Open(bytes_, ignored);
  return table_.ok();
}

void ProgramSymbols::Close() {
  if (region_.begin != 0) mm::UnmapRegion(region_);
  file_ = nullptr;
  table_ = Error::kNotFound;
}

void ProgramSymbols::Describe(TextSink& sink, u64 address, u64 lookup) {
  const mm::Mapping* mapping = memory_.Find(lookup);
  if (mapping == nullptr || !mapping->source || !Open(mapping->source)) return;
  const std::optional<u64> linked = LinkedAddress(bytes_, mapping->source_page * kPageSize + (lookup - mapping->begin));
  if (!linked) return;
  const std::optional<elf::Symbol> symbol = table_.value().Nearest(*linked);
  if (!symbol) return;
  Format(sink, " ({}{}+{:#x})", symbol->name.substr(0, kLongestName), symbol->name.size() > kLongestName ? "..." : "",
         *linked - symbol->value + (address - lookup));
}

}  // namespace caponier::report
