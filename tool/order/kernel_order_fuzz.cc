// A kernel's file of arbitrary bytes: it is refused with one diagnostic, or its functions are put in another order, and the result has them where
// the placement says, and is loaded at another place or refused. The first byte chooses the draws.
#include <cstdint>

#include "tool/order/physical_place.h"
#include "tool/order/reorder.h"

namespace {

using namespace caponier;
using namespace caponier::tool::order;

Draw DrawsFrom(u8 choice) {
  switch (choice % 4) {
    case 0: return [](u64) { return u64{0}; };
    case 1: return [](u64 bound) { return bound - 1; };
    case 2: return [](u64 bound) { return bound / 2; };
    default: return [state = u64{choice}](u64 bound) mutable { return (state = state * 6364136223846793005 + 1) % bound; };
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  FirstDiagnostic diagnostic;
  const Result<LinkedKernel> kernel = ReadKernel(std::as_bytes(std::span(data, size)).subspan(1), diagnostic);
  if (!kernel.ok()) {
    if (diagnostic.what().empty()) __builtin_trap();
    return 0;
  }
  const Placement placement = Place(kernel.value(), DrawsFrom(data[0]));
  Result<ReorderedKernel> reordered = Reorder(kernel.value(), placement, diagnostic);
  if (!reordered.ok()) {
    if (diagnostic.what().empty()) __builtin_trap();
    return 0;
  }
  if (!LoadAt(kMiB, 0, kernel.value(), reordered.value(), diagnostic) && diagnostic.what().empty()) __builtin_trap();
  if (BootFile(kernel.value(), reordered.value()).empty() || SymbolFile(kernel.value(), placement, reordered.value()).empty())
    __builtin_trap();
  const PlaceMap places(kernel.value(), placement);
  for (size_t i = 0; i < kernel.value().functions.size(); i++) {
    const auto linked = places.Find(placement.begins[i]);
    if (!linked.has_value() || linked->offset != kernel.value().functions[i].begin || linked->sled) __builtin_trap();
  }
  return 0;
}
