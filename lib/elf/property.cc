#include "lib/elf/property.h"

#include <cstring>

#include "lib/elf/format.h"

namespace caponier::elf {
namespace {

constexpr u32 kNoteProperty = 5;
constexpr u64 kPropertyAlign = 8;  // ELFCLASS64

// [linux-gabi]: GNU_PROPERTY_AARCH64_FEATURE_1_AND and its bits; GNU_PROPERTY_X86_FEATURE_1_AND and its bits.
constexpr u32 kAarch64Feature = 0xc0000000;
constexpr u32 kAarch64Bti = 1u << 0;
constexpr u32 kAarch64Pac = 1u << 1;
constexpr u32 kAarch64Gcs = 1u << 2;
constexpr u32 kX86Feature = 0xc0000002;
constexpr u32 kX86Ibt = 1u << 0;
constexpr u32 kX86ShadowStack = 1u << 1;

template <typename T>
T ReadAs(Bytes bytes, size_t offset) {
  T value;
  __builtin_memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

Properties FromBits(u32 bits, PropertyMachine machine) {
  if (machine == PropertyMachine::kAarch64) {
    return {(bits & kAarch64Bti) != 0, (bits & kAarch64Pac) != 0, (bits & kAarch64Gcs) != 0};
  }
  return {(bits & kX86Ibt) != 0, false, (bits & kX86ShadowStack) != 0};
}

}  // namespace

Result<Properties> ParseProperties(Bytes note, u64 offset, PropertyMachine machine, Diagnostics& diagnostics) {
  auto malformed = [&](std::string_view what, size_t at) {
    diagnostics.Malformed(what, offset + at);
    return Error::kMalformed;
  };
  constexpr size_t kNameBytes = 4;
  constexpr size_t kHeaderBytes = sizeof(NoteHeader) + kNameBytes;
  if (note.size() < kHeaderBytes) return malformed("the program property note is cut short", 0);
  auto header = ReadAs<NoteHeader>(note, 0);
  if (header.type != kNoteProperty || header.name_size != kNameBytes ||
      __builtin_memcmp(note.data() + sizeof(NoteHeader), "GNU", kNameBytes) != 0) {
    return malformed("the program property note is of another kind", 0);
  }
  if (header.description_size > note.size() - kHeaderBytes) {
    return malformed("the program property note ends past its segment", 0);
  }
  Bytes properties = note.subspan(kHeaderBytes, header.description_size);

  const u32 wanted = machine == PropertyMachine::kAarch64 ? kAarch64Feature : kX86Feature;
  Properties found;
  size_t at = 0;
  while (at < properties.size()) {
    if (properties.size() - at < 8) return malformed("a program property is cut short", kHeaderBytes + at);
    u32 type = ReadAs<Le32>(properties, at);
    u32 size = ReadAs<Le32>(properties, at + 4);
    size_t left = properties.size() - at - 8;
    if (size > left) return malformed("a program property ends past its note", kHeaderBytes + at);
    if (type == wanted) {
      if (size != sizeof(u32)) return malformed("the feature property has the wrong size", kHeaderBytes + at);
      found = FromBits(ReadAs<Le32>(properties, at + 8), machine);
    }
    u64 padded = AlignUp(size, kPropertyAlign);
    if (padded > left) return malformed("a program property lacks its padding", kHeaderBytes + at);
    at += 8 + padded;
  }
  return found;
}

}  // namespace caponier::elf
