#include "tool/scan/implemented.h"

#include <array>

#include "lib/linux_abi/syscall_table.h"

namespace caponier::tool {
namespace {

consteval std::array<bool, linux_abi::kSyscallCount> Implemented() {
  std::array<bool, linux_abi::kSyscallCount> implemented{};
#define CAPONIER_SYSCALL(name, handler) implemented[static_cast<size_t>(linux_abi::Syscall::name)] = true;
#include "kernel/syscall/families.def"
#undef CAPONIER_SYSCALL
  return implemented;
}
constexpr std::array<bool, linux_abi::kSyscallCount> kImplemented = Implemented();

}  // namespace

std::optional<KnownCall> LookUpCall(Arch arch, u32 number) {
  linux_abi::Syscall call{};
  if (!linux_abi::FindSyscall(arch == Arch::kX86_64 ? linux_abi::Arch::kX86_64 : linux_abi::Arch::kAarch64, number, &call))
    return std::nullopt;
  return KnownCall{linux_abi::NameOf(call), kImplemented[static_cast<size_t>(call)]};
}

}  // namespace caponier::tool
