// Any bytes: the parsers end, and what they accept keeps the promises of image.h, dynamic.h and symbols.h.
#include <cstdlib>
#include <cstring>

#include "lib/elf/dynamic.h"
#include "lib/elf/image.h"
#include "lib/elf/symbols.h"

using namespace caponier;

namespace {

void CheckImage(const elf::Image& image, u64 file_size, elf::Policy policy) {
  if (image.segments().empty()) abort();
  bool entry_in_code = false;
  u64 free_from = image.min_vaddr;
  for (const elf::LoadSegment& segment : image.segments()) {
    if (segment.file_offset > file_size || segment.file_size > file_size - segment.file_offset) abort();
    if (segment.file_size > segment.mem_size || segment.mem_size == 0 || segment.end() < segment.vaddr) abort();
    if (AlignDown(segment.vaddr, kPageSize) < free_from) abort();
    free_from = AlignUp(segment.end(), kPageSize);
    if (free_from < segment.end()) abort();
    if (segment.file_size != 0 && (segment.file_offset - segment.vaddr) % kPageSize != 0) abort();
    if (segment.align == 0 || (segment.align & (segment.align - 1)) != 0) abort();
    if (segment.write && segment.execute && policy.writable_executable == elf::WritableExecutable::kRefuse) abort();
    if (segment.execute && image.entry >= segment.vaddr && image.entry < segment.end()) entry_in_code = true;
  }
  if (free_from - image.min_vaddr != image.span) abort();
  if (!entry_in_code && policy.entry == elf::EntryPoint::kInCode) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  Bytes file = std::as_bytes(std::span(data, size));
  elf::BytesReader reader(file);
  FirstDiagnostic ignored;
  elf::Machine machine = elf::IdentifyMachine(reader, size, ignored).value_or(elf::Machine::kX86_64);
  const elf::Policy policies[] = {{}, {elf::WritableExecutable::kAllow, elf::EntryPoint::kAny}};
  for (elf::Policy policy : policies) {
    FirstDiagnostic diagnostic;
    auto image = elf::Parse(reader, size, machine, diagnostic, policy);
    if (!image.ok()) {
      if (diagnostic.what().empty()) abort();
      continue;
    }
    CheckImage(image.value(), size, policy);
    char buffer[elf::kMaxInterpreterBytes];
    if (image.value().interpreter) {
      auto path = elf::ReadInterpreter(reader, image.value(), buffer, diagnostic);
      if (!path.ok() || path.value().empty() || path.value().find('\0') != std::string_view::npos) abort();
    }
  }
  if (auto dynamic = elf::DynamicSection::Open(file, machine, ignored); dynamic.ok()) {
    dynamic.value().ForEachNeeded([](std::string_view name) {
      if (name.empty()) abort();
    });
    (void)dynamic.value().soname();
    (void)dynamic.value().runpath();
    (void)dynamic.value().rpath();
  }
  if (auto symbols = elf::SymbolTable::Open(file, ignored); symbols.ok()) {
    (void)symbols.value().Nearest(0x401000);
  }
  return 0;
}
