#include "lib/elf/dynamic.h"

#include <algorithm>
#include <cstring>

namespace caponier::elf {
namespace {

// The bytes of the file behind [vaddr, vaddr + size) of memory, when one segment's file bytes cover them.
std::optional<Bytes> AtAddress(Bytes file, const Image& image, u64 vaddr, u64 size) {
  for (const LoadSegment& segment : image.segments()) {
    if (vaddr < segment.vaddr || vaddr - segment.vaddr > segment.file_size) continue;
    const u64 inside = vaddr - segment.vaddr;
    if (size > segment.file_size - inside) continue;
    return file.subspan(segment.file_offset + inside, size);
  }
  return std::nullopt;
}

}  // namespace

DynamicRecord DynamicSection::Record(size_t i) const {
  DynamicRecord record;
  __builtin_memcpy(&record, records_.data() + i * sizeof(record), sizeof(record));
  return record;
}

Result<DynamicSection> DynamicSection::Open(Bytes file, Machine expected, Diagnostics& diagnostics) {
  BytesReader reader(file);
  // Policy is the loader's: what a library wants of its memory does not matter to who packs it, nor whether it can be started.
  const Image image = TRY(Parse(reader, file.size(), expected, diagnostics, {WritableExecutable::kAllow, EntryPoint::kAny}));
  auto malformed = [&](std::string_view what, u64 at) {
    diagnostics.Malformed(what, at);
    return Error::kMalformed;
  };

  DynamicSection out;
  if (image.interpreter) out.interpreter_ = NameAt(file.subspan(image.interpreter->start, image.interpreter->size), 0);
  if (!image.dynamic) return out;
  if (image.dynamic->size % sizeof(DynamicRecord) != 0)
    return malformed("the dynamic section's size is not a multiple of 16", image.dynamic->start);
  out.present_ = true;
  out.records_ = file.subspan(image.dynamic->start, image.dynamic->size);

  std::optional<u64> strings, strings_size;
  const size_t room = out.records_.size() / sizeof(DynamicRecord);
  for (; out.count_ < room; out.count_++) {
    const DynamicRecord record = out.Record(out.count_);
    if (record.tag == kDynamicNull) break;
    switch (record.tag) {
      case kDynamicStrings: strings = record.value; break;
      case kDynamicStringsSize: strings_size = record.value; break;
      case kDynamicSoname: out.soname_ = record.value; break;
      case kDynamicRunpath: out.runpath_ = record.value; break;
      case kDynamicRpath: out.rpath_ = record.value; break;
      default: break;
    }
  }
  if (out.count_ == room) return malformed("the dynamic section is not terminated", image.dynamic->start);
  if (strings.has_value() != strings_size.has_value())
    return malformed("the dynamic section has half a string table", image.dynamic->start);
  if (strings) {
    auto table = AtAddress(file, image, *strings, *strings_size);
    if (!table) return malformed("the dynamic section's strings lie outside the file", image.dynamic->start);
    out.strings_ = *table;
  }
  for (size_t i = 0; i < out.count_; i++) {
    const DynamicRecord record = out.Record(i);
    const bool is_name = record.tag == kDynamicNeeded || record.tag == kDynamicSoname || record.tag == kDynamicRunpath ||
                         record.tag == kDynamicRpath;
    if (!is_name) continue;
    auto name = NameAt(out.strings_, record.value);
    if (!name)
      return malformed("a name in the dynamic section lies outside its strings", image.dynamic->start + i * sizeof(record));
    if (name->empty() && record.tag == kDynamicNeeded)
      return malformed("a library needed has no name", image.dynamic->start + i * sizeof(record));
  }
  return out;
}

}  // namespace caponier::elf
