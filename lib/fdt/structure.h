// The structure block of a flattened device tree [dt-v0.4] 5: big-endian tokens, walked without an index.
//
// Check() goes over the whole block once; what it accepted is not checked again by the walks below, whose offsets it proved to stay
// inside. A walk costs some ten instructions a token, which matters: a kernel starts with a dozen of them, and libfdt, which
// checks every step anew, spent nine tenths of the start of this one.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace caponier::fdt {

// The header, [dt-v0.4] 5.2.
struct Header {
  Be32 magic, total_size, structure, strings, reservations, version, last_compatible_version, boot_processor, strings_size,
      structure_size;
};
static_assert(sizeof(Header) == 40);
inline constexpr u32 kMagic = 0xd00dfeed;

class Structure {
 public:
  // A node is the offset of its first token in the structure block.
  static constexpr int kNone = -1;

  Structure() = default;
  // `blob` has the size its header states. What is wrong with it, or nothing.
  std::optional<std::string_view> Check(Bytes blob);

  // The node after `node` in the order of the block, kNone at the end; kNone as `node` gives the root. `depth` is kept: -1 before the root.
  int Next(int node, int& depth) const;
  std::string_view Name(int node) const;
  std::optional<Bytes> Property(int node, std::string_view name) const;
  // Entry `index` of the memory reservation block; nothing at its end.
  struct Reservation {
    u64 start, size;
  };
  std::optional<Reservation> ReservationAt(size_t index) const;

 private:
  u32 Word(size_t offset) const;
  size_t SkipName(size_t offset) const;      // past the BEGIN_NODE token at `offset` and its name
  size_t SkipProperty(size_t offset) const;  // past the PROP token at `offset` and its value
  bool TextEnds(Bytes block, size_t offset) const;
  std::optional<std::string_view> CheckTokens();

  Bytes tokens_, strings_, reservations_;
};

}  // namespace caponier::fdt
