#include "lib/fdt/structure.h"

#include <cstring>

namespace caponier::fdt {
namespace {

// [dt-v0.4] 5.4.1.
constexpr u32 kBeginNode = 1, kEndNode = 2, kProperty = 3, kNop = 4, kEnd = 9;
constexpr u32 kVersion = 17, kOldestVersion = 16;
constexpr size_t kPropertyHead = 12;  // token, length, name
constexpr size_t kReservationBytes = 16;

std::string_view TextAt(Bytes block, size_t offset) {
  const char* text = reinterpret_cast<const char*>(block.data()) + offset;
  return {text, std::strlen(text)};
}

}  // namespace

u32 Structure::Word(size_t offset) const {
  Be32 word;
  __builtin_memcpy(&word, tokens_.data() + offset, sizeof(word));
  return word;
}

// By words: a name starts at one, and the next token at the one after its NUL.
size_t Structure::SkipName(size_t offset) const {
  for (;;) {
    offset += 4;
    const u32 word = Word(offset);
    if (((word - 0x01010101) & ~word & 0x80808080) != 0) return offset + 4;  // one of the four bytes is zero
  }
}

size_t Structure::SkipProperty(size_t offset) const { return AlignUp(offset + kPropertyHead + Word(offset + 4), 4); }

// Whether a NUL ends the text at `offset` inside `block`.
bool Structure::TextEnds(Bytes block, size_t offset) const {
  if (offset >= block.size()) return false;
  return block.back() == std::byte{0} || std::memchr(block.data() + offset, 0, block.size() - offset) != nullptr;
}

std::optional<std::string_view> Structure::Check(Bytes blob) {
  Header header;
  if (blob.size() < sizeof(header)) return "the device tree is cut short";
  __builtin_memcpy(&header, blob.data(), sizeof(header));
  if (header.version < kVersion || header.last_compatible_version > kVersion || header.last_compatible_version < kOldestVersion) {
    return "the device tree has a version this reader does not know";
  }
  const auto block = [&](u32 start, u32 bytes) -> std::optional<Bytes> {
    if (start < sizeof(header) || start > blob.size() || bytes > blob.size() - start) return std::nullopt;
    return blob.subspan(start, bytes);
  };
  const std::optional<Bytes> tokens = block(header.structure, header.structure_size),
                             strings = block(header.strings, header.strings_size);
  if (!tokens || !strings || !IsAligned(header.structure, 4) || !IsAligned(header.structure_size, 4)) {
    return "the device tree's blocks lie outside it";
  }
  tokens_ = *tokens;
  strings_ = *strings;
  if (!IsAligned(header.reservations, 8) || header.reservations < sizeof(header) || header.reservations > blob.size()) {
    return "the device tree's reservations lie outside it";
  }
  reservations_ = blob.subspan(header.reservations);
  size_t entries = 0;
  while (ReservationAt(entries)) entries++;
  if ((entries + 1) * kReservationBytes > reservations_.size()) return "the device tree's reservations do not end";
  return CheckTokens();
}

// One root, everything nested, properties before children, names and values inside their blocks, the end where the block says.
std::optional<std::string_view> Structure::CheckTokens() {
  constexpr std::string_view kBroken = "the device tree's structure is broken";
  size_t at = 0;
  int depth = 0;
  bool rooted = false, properties_allowed = false;
  while (tokens_.size() - at >= 4) {
    switch (Word(at)) {
      case kBeginNode:
        if ((depth == 0 && rooted) || !TextEnds(tokens_, at + 4)) return kBroken;
        rooted = properties_allowed = true;
        depth++;
        at = SkipName(at);
        break;
      case kEndNode:
        if (depth-- == 0) return kBroken;
        properties_allowed = false;
        at += 4;
        break;
      case kProperty:
        if (!properties_allowed || tokens_.size() - at < kPropertyHead || Word(at + 4) > tokens_.size() - at - kPropertyHead ||
            !TextEnds(strings_, Word(at + 8))) {
          return kBroken;
        }
        at = SkipProperty(at);
        break;
      case kNop: at += 4; break;
      case kEnd:
        if (depth != 0 || !rooted) return kBroken;
        return std::nullopt;
      default: return kBroken;
    }
    if (at > tokens_.size()) return kBroken;
  }
  return kBroken;
}

int Structure::Next(int node, int& depth) const {
  size_t at = node == kNone ? 0 : SkipName(static_cast<size_t>(node));
  for (;;) {
    switch (Word(at)) {
      case kBeginNode: depth++; return static_cast<int>(at);
      case kEndNode:
        depth--;
        at += 4;
        break;
      case kProperty: at = SkipProperty(at); break;
      case kNop: at += 4; break;
      default: return kNone;
    }
  }
}

std::string_view Structure::Name(int node) const { return TextAt(tokens_, static_cast<size_t>(node) + 4); }

std::optional<Bytes> Structure::Property(int node, std::string_view name) const {
  for (size_t at = SkipName(static_cast<size_t>(node));;) {
    const u32 token = Word(at);
    if (token == kNop) {
      at += 4;
      continue;
    }
    if (token != kProperty) return std::nullopt;
    const char* text = reinterpret_cast<const char*>(strings_.data()) + Word(at + 8);
    // Every name in use ends inside the strings block (Check), and the comparison ends with it.
    size_t matched = 0;
    while (matched < name.size() && text[matched] == name[matched]) matched++;
    if (matched == name.size() && text[matched] == '\0') return tokens_.subspan(at + kPropertyHead, Word(at + 4));
    at = SkipProperty(at);
  }
}

std::optional<Structure::Reservation> Structure::ReservationAt(size_t index) const {
  const size_t at = index * kReservationBytes;
  if (at + kReservationBytes > reservations_.size()) return std::nullopt;
  Be64 start, size;
  __builtin_memcpy(&start, reservations_.data() + at, sizeof(start));
  __builtin_memcpy(&size, reservations_.data() + at + 8, sizeof(size));
  if (start == 0 && size == 0) return std::nullopt;
  return Reservation{start, size};
}

}  // namespace caponier::fdt
