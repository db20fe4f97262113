// The table against the installed kernel headers of both architectures: their macros, preprocessed, are read here, so that a call
// missing from the table fails as well as a wrong number does.
#include "lib/linux_abi/syscall_table.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace caponier::linux_abi {
namespace {

// Name to number, as `#define __NR_name value` in the output of the preprocessor; values may name other macros.
std::map<std::string, int> SystemCallsOf(const char* preprocess) {
  std::map<std::string, std::string> macros;
  FILE* pipe = popen(preprocess, "r");
  char line[512];
  while (pipe != nullptr && fgets(line, sizeof(line), pipe) != nullptr) {
    std::istringstream words(line);
    std::string define, name, value;
    if (words >> define >> name >> value) macros[name] = value;
  }
  if (pipe != nullptr) EXPECT_EQ(pclose(pipe), 0) << preprocess;
  std::map<std::string, int> calls;
  for (auto [name, value] : macros) {
    while (macros.contains(value)) value = macros[value];
    if (!name.starts_with("__NR_") || value.find_first_not_of("0123456789") != std::string::npos) continue;
    if (name == "__NR_syscalls" || name == "__NR_arch_specific_syscall") continue;  // a count, and a base
    calls[name.substr(5)] = std::stoi(value);
  }
  return calls;
}

void ExpectSameAsSystem(Arch arch, const std::map<std::string, int>& system) {
  ASSERT_GT(system.size(), 300u);
  int newest = 0;
  for (const auto& [name, number] : system) {
    Syscall call;
    ASSERT_TRUE(FindSyscall(arch, static_cast<u64>(number), &call)) << name;
    EXPECT_EQ(NameOf(call), name) << number;
    EXPECT_EQ(EntryOf(call).number(arch), number) << name;
    newest = std::max(newest, number);
  }
  for (size_t i = 0; i < kSyscallCount; i++) {
    auto call = static_cast<Syscall>(i);
    int number = EntryOf(call).number(arch);
    if (number < 0 || number > newest) continue;
    if (NameOf(call) == "uretprobe" || NameOf(call) == "uprobe") continue;   // since Linux 6.11, below the newest here
    if (NameOf(call) == "memfd_secret" && arch == Arch::kAarch64) continue;  // its header hides it
    EXPECT_TRUE(system.contains(std::string(NameOf(call)))) << NameOf(call);
  }
}

TEST(SyscallTable, AgreesWithTheSystemHeadersOfX86) {
  ExpectSameAsSystem(Arch::kX86_64,
                     SystemCallsOf("echo '#include <asm/unistd.h>' | " CAPONIER_CC " " CAPONIER_X86_64_HEADERS " -E -dM -xc -"));
}

TEST(SyscallTable, AgreesWithTheSystemHeadersOfAarch64) {
  ExpectSameAsSystem(Arch::kAarch64,
                     SystemCallsOf("echo '#include <asm/unistd.h>' | " CAPONIER_CC " " CAPONIER_AARCH64_HEADERS " -E -dM -xc -"));
}

TEST(SyscallTable, NumbersAndNamesAreUnique) {
  std::set<int> x86_64, aarch64;
  std::set<std::string_view> names;
  for (size_t i = 0; i < kSyscallCount; i++) {
    const SyscallEntry& entry = kSyscallEntries[i];
    EXPECT_TRUE(names.insert(NameOf(static_cast<Syscall>(i))).second);
    if (entry.x86_64_number >= 0) EXPECT_TRUE(x86_64.insert(entry.x86_64_number).second) << entry.x86_64_number;
    if (entry.aarch64_number >= 0) EXPECT_TRUE(aarch64.insert(entry.aarch64_number).second) << entry.aarch64_number;
    EXPECT_TRUE(entry.x86_64_number >= 0 || entry.aarch64_number >= 0);
    // From 424 on both architectures number alike.
    if (entry.x86_64_number >= 424) EXPECT_EQ(entry.x86_64_number, entry.aarch64_number);
  }
}

TEST(SyscallTable, FindsByNumber) {
  Syscall call;
  ASSERT_TRUE(FindSyscall(Arch::kX86_64, 257, &call));
  EXPECT_EQ(call, Syscall::openat);
  ASSERT_TRUE(FindSyscall(Arch::kAarch64, 56, &call));
  EXPECT_EQ(call, Syscall::openat);
  EXPECT_EQ(NameOf(Syscall::openat), "openat");
  EXPECT_THAT(EntryOf(Syscall::openat).arguments, testing::ElementsAre(Argument::kDirFd, Argument::kPath, Argument::kOpenFlags,
                                                                       Argument::kMode, Argument::kNone, Argument::kNone));
  static_assert([] {
    Syscall found{};
    return FindSyscall(Arch::kX86_64, 0, &found) && found == Syscall::read;
  }());
}

TEST(SyscallTable, RefusesNumbersThatAreNotCalls) {
  Syscall call;
  for (u64 number : {u64{337}, u64{423}, u64{479}, u64{480}, u64{0x40000000}, ~u64{0}}) {
    EXPECT_FALSE(FindSyscall(Arch::kX86_64, number, &call)) << number;
  }
  for (u64 number : {u64{244}, u64{259}, u64{295}, u64{423}, ~u64{0}})
    EXPECT_FALSE(FindSyscall(Arch::kAarch64, number, &call)) << number;
}

}  // namespace
}  // namespace caponier::linux_abi
