#include "tool/order/repair.h"

#include <algorithm>

namespace caponier::tool::order {

bool Repair::CheckPointer(const Relocation& relocation) {
  if (!std::ranges::binary_search(kernel_.pointers, relocation.place))
    return Malformed("an address is not among the kernel's pointers", relocation.place);
  const KernelSymbol& symbol = SymbolOf(relocation);
  const u64 address = Old<u64>(relocation.place);
  if (address != symbol.value + static_cast<u64>(relocation.addend) ||
      (symbol.kind == SymbolKind::kPlace && moves_.Of(symbol.value) != moves_.Of(address)))
    return Malformed("a pointer does not hold what its relocation says", relocation.place);
  return true;
}

}  // namespace caponier::tool::order
