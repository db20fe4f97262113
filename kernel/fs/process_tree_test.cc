#include "kernel/fs/process_tree.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "kernel/fs/for_test/machine.h"
#include "kernel/fs/open_files.h"
#include "kernel/fs/pipe.h"

namespace caponier::fs {
namespace {

class ProcessTreeTest : public testing::Test {
 protected:
  Context& files() { return machine_.files(); }
  std::string ReadAll(std::string_view path) {
    const auto file = Open(files(), path, 0, 0);
    if (!file.ok()) return "cannot open";
    std::string all;
    for (;;) {
      char piece[100];
      mm::IoBuffer to = mm::IoBuffer::Kernel(MutableBytes(std::as_writable_bytes(std::span(piece))));
      const u64 got = file.value()->Read(to, File::kStream).value();
      if (got == 0) return all;
      all.append(piece, got);
    }
  }
  std::string LinkAt(std::string_view path) {
    const auto where = Resolve(files(), files().root, path, {.follow_last = false});
    if (!where.ok()) return "not there";
    const auto text = where.value().inode->ReadLink();
    return text.ok() ? std::string(text.value().view()) : "not there";
  }
  for_test::Machine machine_;
};

class Pages final : public mm::PageSource {
 public:
  Result<PhysAddr> Page(u64, bool) override { return Error::kOutOfRange; }
  std::string_view mapped_name() const override { return "/lib/libc.so.6"; }
  u64 inode_number() const override { return 81; }
};

TEST_F(ProcessTreeTest, MapsHaveLinuxsColumns) {
  mm::AddressSpace& memory = *machine_.process.memory;
  memory
      .Map({.address = 0x400000,
            .bytes = 0x1000,
            .protection = {.read = true},
            .source = MakeRef<Pages>().value(),
            .source_page = 2})
      .value();
  memory
      .Map({.address = 0x7ffc00000000,
            .bytes = 0x21000,
            .protection = {.read = true, .write = true},
            .purpose = mm::Purpose::kStack,
            .source = nullptr})
      .value();
  memory.Map({.address = 0x7ffc10000000, .bytes = 0x1000, .protection = {}, .shared = true, .source = nullptr}).value();
  EXPECT_EQ(ReadAll("/proc/self/maps"),
            "00400000-00401000 r--p 00002000 00:14 81                                 /lib/libc.so.6\n"
            "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
            "7ffc10000000-7ffc10001000 ---s 00000000 00:00 0 \n");
}

TEST_F(ProcessTreeTest, DescriptorsAreLinksToWhatIsOpen) {
  const auto file = Open(files(), "/tmp/f", 0102, 0600).value();
  files().InstallAt(5, file, false).value();
  PipeEnds pipe = MakePipe(0).value();
  files().InstallAt(6, pipe.read, false).value();
  EXPECT_EQ(LinkAt("/proc/self/fd/5"), "/tmp/f");
  EXPECT_TRUE(LinkAt("/proc/self/fd/6").starts_with("pipe:["));
  EXPECT_EQ(LinkAt("/proc/self/fd/7"), "not there");
  // Opening one opens the same thing anew, even without its name.
  Walk walk(files());
  walk.Run(files().root, "/tmp/f", {.for_change = true}).value();
  const auto again = Open(files(), "/dev/fd/5", 2, 0).value();
  EXPECT_NE(again.get(), file.get());
  EXPECT_EQ(again->inode(), file->inode());
  EXPECT_EQ(again->Name().value().view(), "/tmp/f");
}

TEST_F(ProcessTreeTest, SelfAndThreads) {
  EXPECT_EQ(LinkAt("/proc/self"), "1");
  EXPECT_EQ(LinkAt("/proc/thread-self"), "1/task/1");
  std::strcpy(machine_.thread.name, "worker");
  EXPECT_EQ(ReadAll("/proc/self/task/1/comm"), "worker\n");
  EXPECT_EQ(ReadAll("/proc/2/comm"), "cannot open");
  EXPECT_EQ(ReadAll("/proc/01/comm"), "cannot open");
  EXPECT_EQ(LinkAt("/proc/self/exe"), "not there");
  files().executable = Open(files(), "/tmp/prog", 0102, 0700).value();
  EXPECT_EQ(LinkAt("/proc/self/exe"), "/tmp/prog");
}

TEST_F(ProcessTreeTest, StatHasLinuxsFields) {
  const std::string stat = ReadAll("/proc/self/stat");
  EXPECT_EQ(std::count(stat.begin(), stat.end(), ' '), 51) << stat;
  EXPECT_EQ(stat.back(), '\n');
  const std::string status = ReadAll("/proc/self/status");
  for (const char* line : {"Name:\t", "Uid:\t0\t0\t0\t0\n", "Threads:\t1\n", "VmRSS:\t", "SigBlk:\t0000000000000000\n"})
    EXPECT_NE(status.find(line), std::string::npos) << line;
}

TEST_F(ProcessTreeTest, CommandLineIsReadFromTheProgramsMemory) {
  static const char arguments[] = "prog\0arg";
  machine_.process.arguments_begin = reinterpret_cast<u64>(arguments);
  machine_.process.arguments_end = machine_.process.arguments_begin + sizeof(arguments);
  EXPECT_EQ(ReadAll("/proc/self/cmdline"), std::string(arguments, sizeof(arguments)));
  // What the program made unreadable is not shown, and nothing breaks.
  machine_.process.arguments_begin = 16;
  EXPECT_EQ(ReadAll("/proc/self/cmdline"), "");
}

TEST_F(ProcessTreeTest, UuidsAreFreshAndTheBootsIsNot) {
  EXPECT_NE(ReadAll("/proc/sys/kernel/random/uuid"), ReadAll("/proc/sys/kernel/random/uuid"));
  const std::string boot = ReadAll("/proc/sys/kernel/random/boot_id");
  EXPECT_EQ(boot, ReadAll("/proc/sys/kernel/random/boot_id"));
  ASSERT_EQ(boot.size(), 37u);
  EXPECT_EQ(boot[14], '4');
}

TEST_F(ProcessTreeTest, EveryFileCanBeRead) {
  for (const char* path :
       {"/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/uptime", "/proc/loadavg", "/proc/version", "/proc/filesystems",
        "/proc/mounts", "/proc/self/mountinfo", "/proc/self/statm", "/proc/self/limits", "/proc/self/cgroup",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/ngroups_max", "/proc/sys/kernel/osrelease",
        "/proc/sys/kernel/cap_last_cap", "/sys/devices/system/cpu/online", "/sys/kernel/mm/transparent_hugepage/enabled"}) {
    const std::string text = ReadAll(path);
    EXPECT_NE(text, "cannot open") << path;
    EXPECT_TRUE(text.ends_with("\n")) << path;
  }
}

}  // namespace
}  // namespace caponier::fs
