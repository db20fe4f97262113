// Repairing references, by the processor: each function writes to the new image what the relocation's place there must hold.
#pragma once

#include <cstring>

#include "tool/order/placement.h"

namespace caponier::tool::order {

// What moved how far. Distances wrap: they are added.
class Moves {
 public:
  Moves(const LinkedKernel& kernel, const Placement& placement)
      : kernel_(kernel), placement_(placement), growth_(placement.text_bytes - kernel.text_bytes) {}

  u64 growth() const { return growth_; }
  bool InText(u64 address) const { return address < kernel_.text_bytes; }
  // Of what stands at `address`; nullopt between functions.
  std::optional<u64> Of(u64 address) const {
    if (!InText(address)) return growth_;
    const std::optional<size_t> function = kernel_.FunctionAt(address);
    if (!function.has_value()) return std::nullopt;
    return OfFunction(*function);
  }
  u64 OfFunction(size_t number) const { return placement_.begins[number] - kernel_.functions[number].begin; }

 private:
  const LinkedKernel& kernel_;
  const Placement& placement_;
  u64 growth_;
};

// One pass over one section's relocations.
class Repair {
 public:
  Repair(const LinkedKernel& kernel, const Moves& moves, MutableBytes image, Diagnostics& diagnostics)
      : kernel_(kernel), moves_(moves), image_(image), diagnostics_(diagnostics) {}

 protected:
  bool Malformed(std::string_view what, u64 place) {
    diagnostics_.Malformed(what, place);
    return false;
  }
  template <typename T>
  T Old(u64 place) const {
    Le<T> value;
    std::memcpy(&value, kernel_.image.data() + place, sizeof(value));
    return value;
  }
  template <typename T>
  void Write(u64 place, u64 moved, T value) {
    const Le<T> bytes(value);
    std::memcpy(image_.data() + (place + moved), &bytes, sizeof(bytes));  // `moved` wraps
  }
  const KernelSymbol& SymbolOf(const Relocation& relocation) const { return kernel_.symbols[relocation.symbol]; }

  // A word that holds an address: it must be one of the listed pointers, which are moved by what they hold.
  bool CheckPointer(const Relocation& relocation);

  const LinkedKernel& kernel_;
  const Moves& moves_;
  MutableBytes image_;
  Diagnostics& diagnostics_;
};

bool RepairX86(const LinkedKernel& kernel, const Moves& moves, MutableBytes image, Diagnostics& diagnostics);
bool RepairAarch64(const LinkedKernel& kernel, const Moves& moves, MutableBytes image, Diagnostics& diagnostics);

}  // namespace caponier::tool::order
