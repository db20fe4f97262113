#include "lib/linux_abi/syscall_table.h"

namespace caponier::linux_abi {
namespace {

template <typename... Arguments>
consteval SyscallEntry MakeEntry(int x86_64_number, int aarch64_number, ResultKind result, Arguments... arguments) {
  static_assert(sizeof...(arguments) <= kMaxArguments);
  return {static_cast<i16>(x86_64_number), static_cast<i16>(aarch64_number), result, sizeof...(arguments), {arguments...}};
}

consteval std::array<SyscallEntry, kSyscallCount> MakeEntries() {
  using enum ResultKind;
  using enum Argument;
  return {{
#define CAPONIER_SYSCALL(name, ...) MakeEntry(__VA_ARGS__),
#include "lib/linux_abi/syscall_table.def"
  }};
}

constexpr char kNames[] =
#define CAPONIER_SYSCALL(name, ...) #name "\0"
#include "lib/linux_abi/syscall_table.def"
    ;

// Where each name starts in kNames: 16 bits an entry, and nothing to relocate.
consteval std::array<u16, kSyscallCount + 1> NameOffsets() {
  std::array<u16, kSyscallCount + 1> offsets{};
  size_t next = 0;
  for (size_t i = 0; i < kSyscallCount; i++) {
    offsets[i] = static_cast<u16>(next);
    while (kNames[next] != '\0') next++;
    next++;
  }
  offsets[kSyscallCount] = static_cast<u16>(next);
  return offsets;
}
constexpr auto kNameOffsets = NameOffsets();

}  // namespace

constexpr std::array<SyscallEntry, kSyscallCount> kSyscallEntries = MakeEntries();

std::string_view NameOf(Syscall call) {
  size_t i = static_cast<size_t>(call);
  if (i >= kSyscallCount) return {};
  return {kNames + kNameOffsets[i], static_cast<size_t>(kNameOffsets[i + 1] - kNameOffsets[i] - 1)};
}

}  // namespace caponier::linux_abi
