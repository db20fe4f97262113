#include "tool/scan/object.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>

#include "lib/elf/format.h"
#include "lib/elf/image.h"
#include "lib/elf/strings.h"
#include "tool/failure.h"
#include "tool/host/elf_file.h"

namespace caponier::tool {
namespace {

// What is taken of a function whose size its file does not say.
constexpr u64 kAssumedBytes = 1024;
constexpr size_t kMostFunctions = 20'000;

template <typename T>
std::optional<T> RecordAt(Bytes file, u64 offset) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) return std::nullopt;
  T record;
  std::memcpy(&record, file.data() + offset, sizeof(T));
  return record;
}

Bytes Part(Bytes file, u64 offset, u64 size) {
  if (offset > file.size()) return {};
  return file.subspan(offset, std::min<u64>(size, file.size() - offset));
}

}  // namespace

ScannedObject::ScannedObject(Bytes file, Arch arch, std::string_view name) : arch_(arch) {
  elf::BytesReader reader(file);
  FirstDiagnostic diagnostic;
  const auto image =
      elf::Parse(reader, file.size(), MachineOf(arch), diagnostic, {elf::WritableExecutable::kAllow, elf::EntryPoint::kAny});
  if (!image.ok()) throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: {}", name, diagnostic.what()));
  for (const elf::LoadSegment& segment : image.value().segments()) {
    if (segment.execute) pieces_.push_back({segment.vaddr, file.subspan(segment.file_offset, segment.file_size)});
  }
  ReadSymbols(file);
}

// The dynamic symbols by way of the section headers; a file without them has nothing to say here. There is one table of them [gabi].
void ScannedObject::ReadSymbols(Bytes file) {
  const auto header = RecordAt<elf::Header>(file, 0);
  if (!header.has_value() || header->shentsize != sizeof(elf::SectionHeader)) return;
  for (u64 i = 0; i < header->shnum; i++) {
    const auto section = RecordAt<elf::SectionHeader>(file, header->shoff + i * sizeof(elf::SectionHeader));
    if (!section.has_value() || section->type != elf::kSectionDynamicSymbols) continue;
    const auto strings = RecordAt<elf::SectionHeader>(file, header->shoff + section->link * sizeof(elf::SectionHeader));
    if (!strings.has_value()) continue;
    const Bytes names = Part(file, strings->offset, strings->size);
    const Bytes records = Part(file, section->offset, section->size);
    for (u64 at = 0; at + sizeof(elf::SymbolRecord) <= records.size(); at += sizeof(elf::SymbolRecord)) {
      const auto record = RecordAt<elf::SymbolRecord>(records, at);
      const auto name = elf::NameAt(names, record->name);
      if (!name.has_value() || name->empty()) continue;
      if (record->shndx == 0) {
        imports_.emplace(*name);
      } else {
        exports_.insert_or_assign(std::string(*name), Extent{record->value, record->size});
      }
    }
    return;
  }
}

Bytes ScannedObject::CodeAt(u64 address, u64 size) const {
  for (const Piece& piece : pieces_) {
    if (address >= piece.address && address - piece.address < piece.code.size())
      return Part(piece.code, address - piece.address, size);
  }
  return {};
}

CodeFacts ScannedObject::ScanAll() const {
  CodeFacts all;
  for (const Piece& piece : pieces_) {
    CodeFacts facts = ScanCode(piece.code, piece.address, arch_);
    all.numbers.merge(facts.numbers);
    all.unknown_numbers += facts.unknown_numbers;
  }
  return all;
}

CodeFacts ScannedObject::ScanFrom(const std::set<std::string>& functions) const {
  std::map<u64, u64> extents;  // what the file says of functions' sizes
  for (const auto& [name, extent] : exports_) extents[extent.address] = std::max(extents[extent.address], extent.size);
  std::deque<u64> todo;
  for (const std::string& name : functions) {
    if (const auto found = exports_.find(name); found != exports_.end()) todo.push_back(found->second.address);
  }
  CodeFacts all;
  std::set<u64> done;
  std::map<u64, u64> scanned;  // stretches of code, to their ends; functions that overlap are looked at once
  const auto scan = [&](u64 begin, u64 end) {
    const auto next = scanned.upper_bound(begin);
    if (next != scanned.begin()) begin = std::max(begin, std::prev(next)->second);
    while (begin < end) {
      const auto known = scanned.lower_bound(begin);
      const u64 stop = known == scanned.end() ? end : std::min(end, known->first);
      if (begin < stop) {
        CodeFacts facts = ScanCode(CodeAt(begin, stop - begin), begin, arch_);
        all.numbers.merge(facts.numbers);
        all.unknown_numbers += facts.unknown_numbers;
        for (const u64 target : facts.targets) {
          if (!CodeAt(target, 1).empty()) todo.push_back(target);
        }
        scanned.emplace(begin, stop);
      }
      begin = known == scanned.end() ? stop : std::max(stop, known->second);
    }
  };
  while (!todo.empty() && done.size() < kMostFunctions) {
    const u64 address = todo.front();
    todo.pop_front();
    if (!done.insert(address).second) continue;
    // A function without a name ends at the latest where the next one with a name begins.
    const auto extent = extents.find(address);
    const auto next = extents.upper_bound(address);
    u64 size = next == extents.end() ? kAssumedBytes : std::min(kAssumedBytes, next->first - address);
    if (extent != extents.end() && extent->second != 0) size = extent->second;
    scan(address, address + CodeAt(address, size).size());
  }
  return all;
}

}  // namespace caponier::tool
