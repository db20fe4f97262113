// What an instruction of FEAT_MTE becomes on a processor without it [arm-arm] C6.2: the same, with the tags left out.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

// Bits that all have which WithoutTags changes, and one in seven of others: quick to see.
[[gnu::always_inline]] constexpr bool MayHaveTags(u32 instruction) { return (instruction & 0xb4000000) == 0x90000000; }

// For the instructions that a compiler puts the tags of variables into pointers and into memory with: IRG, ADDG, SUBG, and STG and ST2G in all their
// forms of addresses. Any other stays as it is: those that store data with the tags (STZG, STZ2G, STGP) have no equal of one instruction.
[[gnu::always_inline]] constexpr u32 WithoutTags(u32 instruction) {
  constexpr u32 kAddImmediate = 0x91000000, kSubImmediate = 0xd1000000, kShifted = u32{1} << 22, kNop = 0xd503201f;
  constexpr int kImmediate = 10;
  const u32 rd = instruction & 31, rn = instruction >> 5 & 31;
  const u32 group = instruction & 0xffc00000;
  if ((instruction & 0xffe0fc00) == 0x9ac01000) return kAddImmediate | rn << 5 | rd;  // IRG
  if (group == 0x91800000 || group == 0xd1800000) {                                   // ADDG, SUBG: granules in bits 21 to 16
    if ((instruction & 0xc000) != 0) return instruction;
    const u32 bytes = (instruction >> 16 & 63) * 16;
    return (group == 0x91800000 ? kAddImmediate : kSubImmediate) | bytes << kImmediate | rn << 5 | rd;
  }
  const u32 form = instruction >> 10 & 3;
  if ((instruction & 0xff600000) != 0xd9200000 || form == 0) return instruction;  // STG, ST2G
  if (form == 2) return kNop;
  const i32 granules = static_cast<i32>(instruction << 11) >> 23;  // bits 20 to 12, which the base register moves by
  const u32 bytes = static_cast<u32>(granules < 0 ? -granules : granules) * 16;
  const u32 immediate = bytes == 4096 ? kShifted | u32{1} << kImmediate : bytes << kImmediate;
  return (granules < 0 ? kSubImmediate : kAddImmediate) | immediate | rn << 5 | rn;
}

}  // namespace caponier::arch
