// `caponier run --kernel-order`.
#pragma once

namespace caponier::tool::order {

// kRandom: the kernel's functions are put into an order drawn for this start. kFixed: they stay as they were linked.
enum class KernelOrder { kRandom, kFixed };

}  // namespace caponier::tool::order
