#include "tool/machine/qemu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/machine/kvm_probe.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

MachineSpec Spec(Arch arch, Accelerator accelerator) {
  return {.arch = arch,
          .accelerator = accelerator,
          .memory_bytes = 6 * kMiB,
          .kernel = "/k",
          .archive = 3,
          .seed = 4,
          .link = 5,
          .console = 6};
}

TEST(QemuCommand, NamesTheMachineAndItsChannels) {
  const auto x86 = QemuCommand(Spec(Arch::kX86_64, Accelerator::kTcg));
  EXPECT_EQ(x86.front(), "qemu-system-x86_64");
  EXPECT_THAT(x86, Contains("6291456B"));
  EXPECT_THAT(x86, Contains("/proc/self/fd/3"));
  EXPECT_THAT(x86, Contains("socket,id=link,fd=5"));
  EXPECT_THAT(x86, Contains("name=opt/org.caponier/seed,file=/proc/self/fd/4"));
  EXPECT_THAT(x86, Not(Contains("-S")));
  const auto arm = QemuCommand(Spec(Arch::kAarch64, Accelerator::kTcg));
  EXPECT_THAT(arm.front(), EndsWith("qemu-system-aarch64"));
  EXPECT_THAT(arm, Contains(HasSubstr("mte=on")));
  EXPECT_THAT(arm, Contains("max,pauth-impdef=on,sve=off"));
}

TEST(QemuCommand, TakesNoDeviceThatItDoesNotName) {
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    const auto command = QemuCommand(Spec(arch, Accelerator::kTcg));
    EXPECT_THAT(command, Contains("-nodefaults"));
    EXPECT_THAT(command, Contains("-no-user-config"));
    EXPECT_THAT(command, Contains(HasSubstr("spawn=deny")));
  }
}

TEST(QemuCommand, WaitsForADebugger) {
  MachineSpec spec = Spec(Arch::kX86_64, Accelerator::kTcg);
  spec.gdb_port = 1234;
  const auto command = QemuCommand(spec);
  EXPECT_THAT(command, Contains("-S"));
  EXPECT_THAT(command, Contains("tcp:127.0.0.1:1234"));
}

TEST(QemuCommand, GivesAnAuditTheMemoryAndADebuggersSocket) {
  MachineSpec spec = Spec(Arch::kX86_64, Accelerator::kTcg);
  spec.debugger = 7;
  spec.memory = 8;
  const auto command = QemuCommand(spec);
  EXPECT_THAT(command, Contains("-S"));
  EXPECT_THAT(command, Contains("socket,id=debugger,fd=7"));
  EXPECT_THAT(command, Contains("memory-backend-file,id=memory,share=on,size=6291456B,mem-path=/proc/self/fd/8"));
}

TEST(ProbeCache, KeepsAVerdictForItsKeyOnly) {
  TempDir dir;
  ProbeCache cache{dir / "deep/kvm", "boot one"};
  EXPECT_FALSE(cache.Load().has_value());
  cache.Store(false);
  EXPECT_EQ(cache.Load(), false);
  cache.Store(true);
  EXPECT_EQ(cache.Load(), true);
  EXPECT_FALSE((ProbeCache{cache.path, "boot two"}.Load().has_value()));
  dir.Write("deep/kvm", "boot one\nmaybe\n");
  EXPECT_FALSE(cache.Load().has_value());
  EXPECT_FALSE((ProbeCache{"", "boot one"}.Load().has_value()));
}

}  // namespace
}  // namespace caponier::tool
