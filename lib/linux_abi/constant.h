// How a list of Linux's constants becomes C++ constants: X(O_CREAT, 0100) is kO_CREAT. Lists with three columns hold the value of
// x86-64, then that of AArch64; those constants live in the namespaces of the architectures, and in linux_abi::native.
//
// The system's own headers define the same names as macros, so these lists must never be passed through another macro's
// expansion: ## and # take the name as it stands.
#pragma once

#include "lib/base/types.h"

namespace caponier::linux_abi {

#define CAPONIER_ABI_CONSTANT(name, value) inline constexpr auto k##name = value;
#define CAPONIER_ABI_CONSTANT_X86_64(name, x86_64_value, aarch64_value) inline constexpr auto k##name = x86_64_value;
#define CAPONIER_ABI_CONSTANT_AARCH64(name, x86_64_value, aarch64_value) inline constexpr auto k##name = aarch64_value;

enum class Arch : u8 { kX86_64, kAarch64 };

namespace x86_64 {
inline constexpr Arch kArch = Arch::kX86_64;
}
namespace aarch64 {
inline constexpr Arch kArch = Arch::kAarch64;
}

// The architecture this code is compiled for.
#if defined(__x86_64__)
namespace native = x86_64;
#elif defined(__aarch64__)
namespace native = aarch64;
#else
#error "no Linux ABI for this architecture"
#endif

}  // namespace caponier::linux_abi
