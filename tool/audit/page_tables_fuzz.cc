// The audit over arbitrary memory and registers: a verdict or one diagnostic, never a crash, and never without end. The first bytes choose
// the architecture and the registers; the rest is a core file, or, without its magic, memory itself.
#include <cstdint>
#include <cstring>

#include "lib/elf/format.h"
#include "tool/audit/rules.h"

namespace {

using namespace caponier;
using namespace caponier::tool::audit;

// The machine's registers, with what no walk can do without filled in.
struct Registers {
  Le64 root, second_root, control, attributes;
};

MemoryImage MemoryFrom(Bytes bytes) {
  FirstDiagnostic diagnostic;
  if (bytes.size() >= sizeof(elf::kMagic) && std::memcmp(bytes.data(), elf::kMagic, sizeof(elf::kMagic)) == 0) {
    Result<MemoryImage> image = MemoryImage::FromCore(bytes, diagnostic);
    if (image.ok()) return std::move(image).value();
    if (diagnostic.what().empty()) __builtin_trap();
  }
  MemoryImage image;
  image.Add(0, bytes);
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Registers registers;
  if (size < 1 + sizeof(registers)) return 0;
  const bool x86 = (data[0] & 1) != 0;
  std::memcpy(&registers, data + 1, sizeof(registers));
  const MemoryImage memory = MemoryFrom(std::as_bytes(std::span(data, size)).subspan(1 + sizeof(registers)));
  FirstDiagnostic diagnostic;
  const Result<Walk> walk = x86 ? WalkTables(memory,
                                             X86Registers{.cr0 = registers.control | u64{1} << 31,
                                                          .cr3 = registers.root,
                                                          .cr4 = registers.second_root,
                                                          .efer = registers.control >> 32 | 1 << 10},
                                             diagnostic)
                                : WalkTables(memory,
                                             ArmRegisters{.ttbr0 = registers.root,
                                                          .ttbr1 = registers.second_root,
                                                          .tcr = registers.control,
                                                          .mair = registers.attributes,
                                                          .sctlr = registers.attributes | 1},
                                             diagnostic);
  if (!walk.ok()) {
    if (diagnostic.what().empty()) __builtin_trap();
    return 0;
  }
  const Verdict verdict = Judge(walk.value(), memory, {.arch = x86 ? tool::Arch::kX86_64 : tool::Arch::kAarch64});
  // What a page says of itself must have been found.
  for (const Mapping& mapping : walk.value().mappings) {
    if (mapping.write && mapping.execute() && verdict.clean()) __builtin_trap();
  }
  return 0;
}
