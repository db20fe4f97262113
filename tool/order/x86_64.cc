// Relocations of x86-64 [psabi-x86-64] 4.4. All references within the image are 32 bits relative to their own place; a displacement of an
// instruction counts from the instruction's end, which is four bytes behind the place, or further where an immediate operand follows.
#include <algorithm>

#include "tool/order/repair.h"

namespace caponier::tool::order {
namespace {

constexpr u32 k64 = 1, kPc32 = 2, kPlt32 = 4, kGotPcRel = 9, kGotPcRelX = 41, kRexGotPcRelX = 42;
constexpr u8 kOpcodeLea = 0x8d;
constexpr u64 kEntryBytes = 4;

class X86Repair : Repair {
 public:
  using Repair::Repair;

  bool Run() {
    for (const RelocatedSection& section : kernel_.relocated) {
      if (section.name == ".text" &&
          !std::ranges::all_of(section.relocations, [&](const Relocation& r) { return RepairCode(r); }))
        return false;
    }
    std::ranges::sort(tables_, {}, &JumpTable::begin);
    for (const RelocatedSection& section : kernel_.relocated) {
      if (section.name != ".text" && !RepairData(section)) return false;
    }
    return true;
  }

 private:
  // A table of jump targets, each relative to the table's begin, of the function that takes its address.
  struct JumpTable {
    u64 begin;
    size_t function;
  };

  // How far the target of a reference moved; `address` is where it leads if its symbol does not say to what it belongs.
  std::optional<u64> TargetMove(const Relocation& relocation, u64 address) const {
    const KernelSymbol& symbol = SymbolOf(relocation);
    if (symbol.kind != SymbolKind::kPlace && symbol.kind != SymbolKind::kSection) return std::nullopt;
    return moves_.Of(symbol.kind == SymbolKind::kSection && moves_.InText(symbol.value) ? address : symbol.value);
  }

  bool HoldsWhatItSays(const Relocation& relocation) const {
    return Old<u32>(relocation.place) ==
           static_cast<u32>(SymbolOf(relocation).value + static_cast<u64>(relocation.addend) - relocation.place);
  }

  bool Move32(u64 place, u64 place_move, u64 target_move) {
    const i64 value = static_cast<i32>(Old<u32>(place)) + static_cast<i64>(target_move - place_move);
    if (value != static_cast<i32>(value)) return Malformed("a reference leads too far", place);
    Write<u32>(place, place_move, static_cast<u32>(value));
    return true;
  }

  bool RepairCode(const Relocation& relocation) {
    const u64 place = relocation.place;
    const std::optional<size_t> function = kernel_.FunctionAt(place);
    if (!function.has_value() || place + kEntryBytes > kernel_.functions[*function].end())
      return Malformed("a reference from between functions", place);
    const u64 own_move = moves_.OfFunction(*function),
              target = place + kEntryBytes + static_cast<u64>(i64{static_cast<i32>(Old<u32>(place))});
    switch (relocation.type) {
      case kPc32:
      case kPlt32: {
        const std::optional<u64> move = TargetMove(relocation, target);
        if (!move.has_value()) return Malformed("a reference to no part of the image", place);
        if (!HoldsWhatItSays(relocation)) return Malformed("a reference is not what its relocation says", place);
        // A table has no name, so its address is told from that of .rodata.
        if (SymbolOf(relocation).kind == SymbolKind::kSection && !moves_.InText(target) && place >= 2 &&
            static_cast<u8>(kernel_.image[place - 2]) == kOpcodeLea)
          tables_.push_back({target, *function});
        return Move32(place, own_move, *move);
      }
      case kGotPcRel:
      case kGotPcRelX:
      case kRexGotPcRelX:  // the address is in a table of pointers, which lies behind text
        if (moves_.InText(target) || target >= kernel_.image.size())
          return Malformed("a reference is not what its relocation says", place);
        return Move32(place, own_move, moves_.growth());
      default: return Malformed("a relocation of code of a kind that is not known", place);
    }
  }

  bool RepairData(const RelocatedSection& section) {
    u64 contiguous = 0;  // from where to here each word is an entry of a table
    u64 last = ~u64{0};
    for (const Relocation& relocation : section.relocations) {
      const u64 place = relocation.place;
      if (moves_.InText(place)) return Malformed("a relocation of data in code", place);
      if (relocation.type == k64) {
        if (!CheckPointer(relocation)) return false;
        continue;
      }
      if (relocation.type != kPc32) return Malformed("a relocation of data of a kind that is not known", place);
      if (!HoldsWhatItSays(relocation)) return Malformed("a reference is not what its relocation says", place);
      if (last + kEntryBytes != place) contiguous = place;
      last = place;
      const KernelSymbol& symbol = SymbolOf(relocation);
      if (symbol.kind != SymbolKind::kPlace && symbol.kind != SymbolKind::kSection)
        return Malformed("a reference to no part of the image", place);
      if (!moves_.InText(symbol.value)) continue;  // both move with the rest of the image
      const std::optional<u64> move = section.name == ".rodata"
                                          ? EntryMove(place, contiguous)
                                          : TargetMove(relocation, symbol.value + static_cast<u64>(relocation.addend));
      if (!move.has_value()) return Malformed("a reference to no function", place);
      if (!Move32(place, moves_.growth(), *move)) return false;
    }
    return true;
  }

  // How far the target of an entry of a jump table moved. An entry counts from its table's begin, which its relocation does not tell.
  std::optional<u64> EntryMove(u64 place, u64 contiguous) const {
    const auto above = std::ranges::upper_bound(tables_, place, {}, &JumpTable::begin);
    if (above == tables_.begin()) return std::nullopt;
    const JumpTable& table = *(above - 1);
    if (table.begin < contiguous) return std::nullopt;
    const u64 target = table.begin + static_cast<u64>(i64{static_cast<i32>(Old<u32>(place))});
    return kernel_.FunctionAt(target) == table.function ? moves_.Of(target) : std::nullopt;
  }

  std::vector<JumpTable> tables_;
};

}  // namespace

bool RepairX86(const LinkedKernel& kernel, const Moves& moves, MutableBytes image, Diagnostics& diagnostics) {
  return X86Repair(kernel, moves, image, diagnostics).Run();
}

}  // namespace caponier::tool::order
