// Relocations of AArch64 [aaelf64] 5.7: instructions with a part of an address in them, and words of data. Symbol and addend give the
// target exactly.
#include "tool/order/repair.h"

namespace caponier::tool::order {
namespace {

constexpr u32 kAbs64 = 257, kPrel32 = 261, kLdPrelLo19 = 273, kAdrPrelLo21 = 274, kAdrPrelPgHi21 = 275, kAddAbsLo12 = 277,
              kLdst8 = 278, kTstBr14 = 279, kCondBr19 = 280, kJump26 = 282, kCall26 = 283, kLdst16 = 284, kLdst32 = 285,
              kLdst64 = 286, kLdst128 = 299, kAdrGotPage = 311, kLd64GotLo12 = 312;
constexpr std::string_view kImageBytes = "__image_bytes";  // the one number that text's growth changes

// The signed number in bits `low` to `low` + `count` - 1 of an instruction, and the instruction with another one there.
constexpr i64 FieldOf(u32 instruction, u32 low, u32 count) {
  return static_cast<i64>(u64{instruction} << (64 - low - count)) >> (64 - count);
}
constexpr u32 WithField(u32 instruction, u32 low, u32 count, u64 value) {
  const u32 mask = ((u32{1} << count) - 1) << low;
  return (instruction & ~mask) | (static_cast<u32>(value << low) & mask);
}
constexpr bool Fits(i64 value, u32 count) { return value >> (count - 1) == 0 || value >> (count - 1) == -1; }
static_assert(FieldOf(0x97ffffff, 0, 26) == -1 && WithField(0x94000000, 0, 26, static_cast<u64>(-1)) == 0x97ffffff);
static_assert(Fits(-2, 2) && Fits(1, 2) && !Fits(2, 2) && !Fits(-3, 2));

constexpr u64 PageOf(u64 address) { return AlignDown(address, kPageSize); }

// ADR and ADRP: 21 bits, the lowest two at 29 [arm-arm] C6.2.11.
constexpr i64 AdrField(u32 instruction) { return FieldOf(instruction, 5, 19) * 4 + (instruction >> 29 & 3); }
constexpr u32 WithAdrField(u32 instruction, u64 value) {
  return WithField(WithField(instruction, 5, 19, value >> 2), 29, 2, value);
}
constexpr bool IsAdrp(u32 instruction) { return (instruction & 0x9f00'0000) == 0x9000'0000; }
constexpr bool IsAdr(u32 instruction) { return (instruction & 0x9f00'0000) == 0x1000'0000; }
constexpr bool IsAdd(u32 instruction) { return (instruction & 0xffc0'0000) == 0x9100'0000; }  // 64 bits, immediate, not shifted
constexpr bool IsLoadOrStore(u32 instruction) { return (instruction & 0x3b00'0000) == 0x3900'0000; }  // unsigned immediate
constexpr bool IsLoad64(u32 instruction) { return (instruction & 0xffc0'0000) == 0xf940'0000; }

class Aarch64Repair : Repair {
 public:
  using Repair::Repair;

  bool Run() {
    for (const RelocatedSection& section : kernel_.relocated) {
      for (const Relocation& relocation : section.relocations) {
        if (moves_.InText(relocation.place) ? !RepairCode(relocation) : !RepairData(relocation)) return false;
      }
    }
    return true;
  }

 private:
  bool Unlike(u64 place) { return Malformed("a reference is not what its relocation says", place); }

  bool RepairData(const Relocation& relocation) {
    if (relocation.type == kAbs64) return CheckPointer(relocation);
    if (relocation.type != kPrel32) return Malformed("a relocation of data of a kind that is not known", relocation.place);
    const std::optional<u64> move = TargetMove(relocation);
    if (!move.has_value()) return false;
    const u64 old = Old<u32>(relocation.place);
    if (old != static_cast<u32>(target_ - relocation.place)) return Unlike(relocation.place);
    const i64 value = static_cast<i32>(old) + static_cast<i64>(*move - moves_.growth());
    if (!Fits(value, 32)) return Malformed("a reference leads too far", relocation.place);
    Write<u32>(relocation.place, moves_.growth(), static_cast<u32>(value));
    return true;
  }

  // Sets target_, where the reference leads.
  std::optional<u64> TargetMove(const Relocation& relocation) {
    const KernelSymbol& symbol = SymbolOf(relocation);
    target_ = symbol.value + static_cast<u64>(relocation.addend);
    std::optional<u64> move;
    if (symbol.kind == SymbolKind::kPlace) move = moves_.Of(symbol.value);
    if (symbol.kind == SymbolKind::kSection) move = moves_.Of(moves_.InText(symbol.value) ? target_ : symbol.value);
    if (!move.has_value()) Malformed("a reference to no part of the image", relocation.place);
    return move;
  }

  bool RepairCode(const Relocation& relocation) {
    const u64 place = relocation.place;
    const std::optional<size_t> function = kernel_.FunctionAt(place);
    if (!function.has_value() || place + sizeof(u32) > kernel_.functions[*function].end())
      return Malformed("a reference from between functions", place);
    own_move_ = moves_.OfFunction(*function);
    if (relocation.type == kAbs64) return RepairNumber(relocation);
    if (!IsAligned(place, sizeof(u32))) return Unlike(place);
    const std::optional<u64> move = TargetMove(relocation);
    if (!move.has_value()) return false;
    new_target_ = target_ + *move;
    const u32 old = Old<u32>(place);
    switch (relocation.type) {
      case kCall26:
      case kJump26: return RepairBranch(place, old, 0, 26);
      case kCondBr19:
      case kLdPrelLo19: return RepairBranch(place, old, 5, 19);
      case kTstBr14: return RepairBranch(place, old, 5, 14);
      case kAdrPrelLo21: {
        const i64 value = static_cast<i64>(new_target_ - place - own_move_);
        if (!IsAdr(old) || place + static_cast<u64>(AdrField(old)) != target_) return Unlike(place);
        if (!Fits(value, 21)) return Malformed("a reference leads too far", place);
        Write(place, own_move_, WithAdrField(old, static_cast<u64>(value)));
        return true;
      }
      case kAdrPrelPgHi21: return RepairPage(place, old, PageOf(target_), PageOf(new_target_));
      case kAdrGotPage: {  // the page of a pointer to the target, wherever that stands
        const u64 page = AdrpPage(place, old);
        if (moves_.InText(page) || page >= kernel_.image.size()) return Unlike(place);
        return RepairPage(place, old, page, page + moves_.growth());
      }
      case kLd64GotLo12: return IsLoad64(old) || Unlike(place);  // its place in the page stays
      case kAddAbsLo12: return IsAdd(old) ? RepairPart(place, old, 0) : Unlike(place);
      case kLdst8: return RepairAccess(place, old, 0);
      case kLdst16: return RepairAccess(place, old, 1);
      case kLdst32: return RepairAccess(place, old, 2);
      case kLdst64: return RepairAccess(place, old, 3);
      case kLdst128: return RepairAccess(place, old, 4);
      default: return Malformed("a relocation of code of a kind that is not known", place);
    }
  }

  // The image's size, in the header that firmware reads.
  bool RepairNumber(const Relocation& relocation) {
    const KernelSymbol& symbol = SymbolOf(relocation);
    const u64 old = Old<u64>(relocation.place);
    if (symbol.kind != SymbolKind::kNumber || symbol.name != kImageBytes || old != symbol.value)
      return Malformed("a number in code that is not the image's size", relocation.place);
    Write<u64>(relocation.place, own_move_, old + moves_.growth());
    return true;
  }

  // A distance in instructions.
  bool RepairBranch(u64 place, u32 old, u32 low, u32 count) {
    if (place + static_cast<u64>(FieldOf(old, low, count) * 4) != target_) return Unlike(place);
    const i64 distance = static_cast<i64>(new_target_ - place - own_move_);
    if (!IsAligned(static_cast<u64>(distance), sizeof(u32)) || !Fits(distance / 4, count))
      return Malformed("a reference leads too far", place);
    Write(place, own_move_, WithField(old, low, count, static_cast<u64>(distance / 4)));
    return true;
  }

  static u64 AdrpPage(u64 place, u32 instruction) { return PageOf(place) + static_cast<u64>(AdrField(instruction)) * kPageSize; }

  bool RepairPage(u64 place, u32 old, u64 page, u64 new_page) {
    if (!IsAdrp(old) || AdrpPage(place, old) != page) return Unlike(place);
    const i64 distance = static_cast<i64>(new_page - PageOf(place + own_move_)) / static_cast<i64>(kPageSize);
    if (!Fits(distance, 21)) return Malformed("a reference leads too far", place);
    Write(place, own_move_, WithAdrField(old, static_cast<u64>(distance)));
    return true;
  }

  // The target's place in its page, in units of an access's size.
  bool RepairPart(u64 place, u32 old, u32 size_bits) {
    const u64 part = target_ % kPageSize >> size_bits;
    if ((old >> 10 & 0xfff) != part || !IsAligned(new_target_, u64{1} << size_bits)) return Unlike(place);
    Write(place, own_move_, WithField(old, 10, 12, new_target_ % kPageSize >> size_bits));
    return true;
  }
  bool RepairAccess(u64 place, u32 old, u32 size_bits) {
    const u32 size = (old >> 30) + ((old & 0x0480'0000) == 0x0480'0000 ? 4 : 0);  // V and the upper bit of opc: 128 bits
    return IsLoadOrStore(old) && size == size_bits ? RepairPart(place, old, size_bits) : Unlike(place);
  }

  u64 target_ = 0, new_target_ = 0, own_move_ = 0;
};

}  // namespace

bool RepairAarch64(const LinkedKernel& kernel, const Moves& moves, MutableBytes image, Diagnostics& diagnostics) {
  return Aarch64Repair(kernel, moves, image, diagnostics).Run();
}

}  // namespace caponier::tool::order
