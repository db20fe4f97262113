// `caponier run --kernel-order`.
#pragma once

#include <optional>
#include <string_view>

namespace caponier::tool::order {

// kRandom: the kernel's functions are put into an order drawn for this start. kFixed: they stay as they were linked.
enum class KernelOrder { kRandom, kFixed };
constexpr std::string_view NameOf(KernelOrder order) { return order == KernelOrder::kRandom ? "random" : "fixed"; }
constexpr std::optional<KernelOrder> KernelOrderNamed(std::string_view name) {
  for (const KernelOrder order : {KernelOrder::kRandom, KernelOrder::kFixed}) {
    if (NameOf(order) == name) return order;
  }
  return std::nullopt;
}

}  // namespace caponier::tool::order
