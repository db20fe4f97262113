// What a program did wrong with its blocks, and the one line that says so. The text holds no address: sizes, distances and counts only.
#pragma once

#include <optional>

#include "lib/base/format.h"
#include "lib/heap/tag_policy.h"

namespace caponier::heap {

enum class Crime : u8 {
  kDoubleFree,        // the block was freed before, and its slot is free
  kStaleFree,         // the block was freed before, and its slot serves another one now
  kForeignFree,       // no block was ever there
  kInteriorFree,      // inside a block, at a multiple of 16 bytes
  kBehindFree,        // behind a block in its slot or its last page, at a multiple of 16 bytes
  kMisalignedFree,    // at no multiple of 16 bytes
  kWrongSizeFree,     // sized delete with another size than the block's
  kWrongAlignment,    // aligned delete with an alignment the block does not have
  kOverflowFound,     // what follows the block was overwritten
  kSlackWritten,      // the end of its slot was, behind what follows the block
  kUnderflowFound,    // what precedes a large block was overwritten
  kWriteToFree,       // free memory was written to
  kWriteBehindFound,  // the rest of a slot behind its block was, or behind its last one
  kReuseOfLive,       // two threads freed one block in the same instant
  kOverflow,          // the processor refused an access behind a block
  kUnderflow,         // ... before a block
  kUseAfterFree,      // ... to freed memory, or to a block that came after the pointer's
  kWildAccess,        // ... somewhere in the heap, and nothing says what was meant
};

std::string_view CrimeName(Crime crime);

// What the program wanted of the pointer that is no live block's.
enum class Wish : u8 { kFree, kResize, kSize };

struct Misuse {
  Crime crime;
  std::optional<u64> block_bytes = std::nullopt;  // of the block concerned, as it was asked for
  u64 distance = 0;                               // bytes from the block's end (overflow, behind) or start (underflow, interior)
  u64 given_bytes = 0;                            // what a sized delete said
  u32 generation = 0;                             // blocks the slot has served, under tags; 0 when not known
  u32 pointer_generation = 0;
  Wish wish = Wish::kFree;
  u64 block = 0;  // where it begins, without a tag, for who keeps records.h; 0 when not known. Never in the text.
};

// "double free of a block of 64 bytes (its slot's 3rd)" and the like, without a line's end.
void Describe(const Misuse& misuse, TextSink& sink);

}  // namespace caponier::heap
