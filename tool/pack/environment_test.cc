#include "tool/pack/environment.h"

#include <gtest/gtest.h>

namespace caponier::tool {
namespace {

std::optional<std::string> Value(const RunOptions& options, std::vector<std::string> host, Arch arch, std::string_view name) {
  GuestPlan plan;
  plan.arch = arch;
  return LookUp(GuestEnvironment(options, {"/w", std::move(host)}, plan), name);
}

TEST(Environment, IsSmallAndFixed) {
  GuestPlan plan;
  plan.workdir = "/w";
  const auto environment = GuestEnvironment(
      {}, {"/w", {"SECRET=1", "PATH=/odd", "HOME=/home/me", "TERM=vt100", "LANG=de_DE.UTF-8", "LC_ALL=C.UTF-8"}}, plan);
  EXPECT_EQ(LookUp(environment, "SECRET"), std::nullopt);
  EXPECT_EQ(LookUp(environment, "HOME"), "/root");
  EXPECT_EQ(LookUp(environment, "TERM"), "vt100");
  EXPECT_EQ(LookUp(environment, "LANG"), std::nullopt);  // its files are not in the machine
  EXPECT_EQ(LookUp(environment, "LC_ALL"), "C.UTF-8");
  EXPECT_TRUE(UsesUtf8Locale(environment));
  EXPECT_EQ(LookUp(environment, "PWD"), "/w");
}

TEST(Environment, OptionsOverrideAndPassOn) {
  RunOptions options;
  options.environment = {"HOME=/h", "SECRET", "ABSENT", "EMPTY="};
  EXPECT_EQ(Value(options, {"SECRET=s"}, Arch::kX86_64, "SECRET"), "s");
  EXPECT_EQ(Value(options, {}, Arch::kX86_64, "HOME"), "/h");
  EXPECT_EQ(Value(options, {}, Arch::kX86_64, "ABSENT"), std::nullopt);
  EXPECT_EQ(Value(options, {}, Arch::kX86_64, "EMPTY"), "");
}

TEST(Environment, AsksGlibcForATaggedHeapOnAarch64) {
  RunOptions options;
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "GLIBC_TUNABLES"), "glibc.mem.tagging=3");
  EXPECT_EQ(Value(options, {}, Arch::kX86_64, "GLIBC_TUNABLES"), std::nullopt);
  options.tagging = "async";
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "GLIBC_TUNABLES"), "glibc.mem.tagging=1");
  options.tagging = "off";
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "GLIBC_TUNABLES"), std::nullopt);
  options.tagging = "sync";
  options.heap = "libc";
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "GLIBC_TUNABLES"), std::nullopt);
  options.heap = "tagged";
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "GLIBC_TUNABLES"), "glibc.mem.tagging=3");
  options.environment = {"GLIBC_TUNABLES=glibc.malloc.check=1"};
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "GLIBC_TUNABLES"), "glibc.malloc.check=1");
}

TEST(Environment, TellsTheHeapItsSettings) {
  RunOptions options;
  EXPECT_EQ(Value(options, {"CAPONIER_HEAP=zero=off"}, Arch::kX86_64, "CAPONIER_HEAP"), std::nullopt);
  options.tagging = "async";
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "CAPONIER_HEAP"), "tagging=async");
  options.heap_settings = "record=on,zero=off";
  EXPECT_EQ(Value(options, {}, Arch::kAarch64, "CAPONIER_HEAP"), "tagging=async,record=on,zero=off");
  options.tagging.clear();
  EXPECT_EQ(Value(options, {}, Arch::kX86_64, "CAPONIER_HEAP"), "record=on,zero=off");
  options.heap_settings.clear();
  options.environment = {"CAPONIER_HEAP=zero=off"};
  EXPECT_EQ(Value(options, {}, Arch::kX86_64, "CAPONIER_HEAP"), "zero=off");
}

}  // namespace
}  // namespace caponier::tool
