#include "tool/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Command Parse(std::vector<std::string> words) { return ParseCommandLine(words); }
RunOptions RunWith(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  return std::get<RunOptions>(Parse(words));
}
std::string LineOf(std::vector<std::string> words) {
  try {
    Parse(words);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), 125);
    EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos);
    return failure.what();
  }
  return "accepted";
}

TEST(CommandLine, PicturesAreDrawnOfWhatIsTimed) {
  EXPECT_EQ(std::get<BenchOptions>(Parse({"bench", "heap", "--plot", "a.svg"})).plot, "a.svg");
  EXPECT_EQ(std::get<BenchOptions>(Parse({"bench", "random", "--plot", "a.svg"})).plot, "a.svg");
  EXPECT_THAT(LineOf({"bench", "boot", "--plot", "a.svg"}), HasSubstr("--plot is for"));
  EXPECT_EQ(std::get<BenchOptions>(Parse({"bench", "heap", "--library", "a=b.so"})).libraries,
            std::vector<std::string>{"a=b.so"});
  EXPECT_THAT(LineOf({"bench", "boot", "--library", "a=b.so"}), HasSubstr("--library is for bench heap"));
  EXPECT_THAT(LineOf({"bench", "heap", "--arch", "aarch64", "--plot", "a.svg"}), HasSubstr("--plot is for"));
}

TEST(CommandLine, TheKernelsOrderIsDrawnUnlessFixed) {
  EXPECT_EQ(RunWith({"ls"}).kernel_order, order::KernelOrder::kRandom);
  EXPECT_EQ(RunWith({"--kernel-order", "random", "ls"}).kernel_order, order::KernelOrder::kRandom);
  EXPECT_EQ(RunWith({"--kernel-order=fixed", "ls"}).kernel_order, order::KernelOrder::kFixed);
  EXPECT_THAT(LineOf({"run", "--kernel-order", "linked", "ls"}), HasSubstr("random, fixed"));
}

TEST(CommandLine, TheHeapsSettingsAreCheckedBeforeTheBoot) {
  EXPECT_EQ(RunWith({"--heap-settings", "record=on,zero=off", "ls"}).heap_settings, "record=on,zero=off");
  EXPECT_EQ(LineOf({"run", "--heap-settings", "zero=off,record=65", "ls"}),
            "--heap-settings: \"record=65\" is none of the heap's settings; expected on, off or a number from 1 to 64");
  EXPECT_THAT(LineOf({"run", "--heap-settings", "kernel=on", "ls"}), HasSubstr("\"kernel=on\" is none of the heap's settings"));
  EXPECT_THAT(LineOf({"run", "--tagging", "async", "--heap-settings", "zero=on,tagging=sync", "ls"}),
              HasSubstr("exclude each other"));
  EXPECT_EQ(RunWith({"--tagging", "async", "--heap-settings", "zero=on", "ls"}).tagging, "async");
  EXPECT_THAT(LineOf({"run", "-e", "CAPONIER_HEAP=zero=off", "--heap-settings", "zero=on", "ls"}),
              HasSubstr("exclude each other"));
  EXPECT_THAT(LineOf({"run", "-e", "CAPONIER_HEAP", "--heap-settings", "zero=on", "ls"}), HasSubstr("exclude each other"));
  EXPECT_EQ(RunWith({"-e", "CAPONIER_HEAP=zero=off", "ls"}).heap_settings, "");
  EXPECT_EQ(RunWith({"ls"}).kernel_heap, "");
  EXPECT_EQ(RunWith({"--kernel-heap", "record", "ls"}).kernel_heap, "record");
  EXPECT_THAT(LineOf({"run", "--kernel-heap", "on", "ls"}), HasSubstr("plain, record"));
}

TEST(CommandLine, OptionsEndAtTheProgram) {
  EXPECT_THAT(RunWith({"ls", "-l", "--memory", "x"}).program, ElementsAre("ls", "-l", "--memory", "x"));
  const RunOptions options = RunWith({"--memory", "64M", "--env", "A=1", "--trace", "-e", "B", "ls", "--trace", "--", "x"});
  EXPECT_EQ(options.memory_bytes, 64 * kMiB);
  EXPECT_TRUE(options.trace);
  EXPECT_THAT(options.environment, ElementsAre("A=1", "B"));
  EXPECT_THAT(options.program, ElementsAre("ls", "--trace", "--", "x"));
  EXPECT_THAT(RunWith({"--", "--odd-name", "x"}).program, ElementsAre("--odd-name", "x"));
  EXPECT_THAT(RunWith({"--layout=off", "true"}).program, ElementsAre("true"));
  EXPECT_THAT(RunWith({"-", "x"}).program, ElementsAre("-", "x"));
  EXPECT_EQ(RunWith({"-m64M", "-e=A=1", "true"}).memory_bytes, 64 * kMiB);
  EXPECT_THAT(RunWith({"-m64M", "-e=A=1", "true"}).environment, ElementsAre("A=1"));
  EXPECT_THAT(RunWith({"--env", "--root=x", "true"}).environment, ElementsAre("--root=x"));
  EXPECT_THAT(RunWith({"--trace", "--trace", "true"}).program, ElementsAre("true"));
  EXPECT_THAT(RunWith({}).program, IsEmpty());
  EXPECT_EQ(RunWith({"--accel", "tcg"}).accelerator, AcceleratorChoice::kTcg);
  EXPECT_EQ(RunWith({"--arch", "aarch64"}).arch, Arch::kAarch64);
}

TEST(CommandLine, Audit) {
  const auto tables =
      std::get<audit::TablesOptions>(std::get<audit::Options>(Parse({"audit", "tables", "--arch", "aarch64", "--wx", "off"})));
  EXPECT_THAT(tables.architectures, ElementsAre(Arch::kAarch64));
  EXPECT_EQ(tables.wx, "off");
  const auto layout = std::get<audit::LayoutOptions>(std::get<audit::Options>(Parse({"audit", "layout", "--plans", "20"})));
  EXPECT_THAT(layout.architectures, ElementsAre(Arch::kX86_64, Arch::kAarch64));
  EXPECT_EQ(layout.plans_log2, 20);
  const auto dump = std::get<audit::DumpOptions>(
      std::get<audit::Options>(Parse({"audit", "dump", "core", "--arch", "x86_64", "-r", "cr0=1", "-r", "cr3=2"})));
  EXPECT_EQ(dump.file, "core");
  const auto heap = std::get<audit::HeapOptions>(
      std::get<audit::Options>(Parse({"audit", "heap", "--allocator", "glibc", "--allocator", "musl", "--runs", "3"})));
  EXPECT_THAT(heap.allocators, ElementsAre("glibc", "musl"));
  EXPECT_EQ(heap.runs, 3);
  EXPECT_THAT(LineOf({"audit", "heap", "--runs", "0"}), HasSubstr("see caponier audit heap --help"));
  EXPECT_THAT(dump.registers, ElementsAre("cr0=1", "cr3=2"));
  EXPECT_EQ(LineOf({"audit", "nothing"}), "unknown command audit nothing (see caponier audit --help)");
  EXPECT_THAT(LineOf({"audit", "dump", "core", "--arch", "x86_64"}), HasSubstr("--register is required"));
  EXPECT_THAT(LineOf({"audit", "layout", "--plans", "60"}), HasSubstr("see caponier audit layout --help"));
  EXPECT_EQ(LineOf({"audit", "layout", "--control", "stack", "--boots", "0"}),
            "--control needs two --boots or more, to judge them");
  EXPECT_THAT(LineOf({"audit", "tables", "--wx", "none"}), HasSubstr("see caponier audit tables --help"));
}

TEST(CommandLine, RefusesInOneLine) {
  EXPECT_EQ(LineOf({"run", "--bogus", "ls"}), "unknown option --bogus (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--bogus=1", "ls"}), "unknown option --bogus=1 (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--memory", "lots", "ls"}), "--memory lots: not a size (as 64M or 1G)");
  EXPECT_EQ(LineOf({"run", "--memory", "0", "ls"}), "--memory 0: not between 1M and 32G");
  EXPECT_EQ(LineOf({"run", "--memory", "33G", "ls"}), "--memory 33G: not between 1M and 32G");
  EXPECT_EQ(LineOf({"run", "--memory", "-5", "ls"}), "--memory -5: not a size (as 64M or 1G)");
  EXPECT_EQ(LineOf({"run", "--arch", "mips", "ls"}), "--arch mips: not x86_64 or aarch64");
  EXPECT_EQ(LineOf({"run", "--env", "=x", "ls"}), "--env =x: not K=V");
  EXPECT_EQ(LineOf({"run", "--memory"}), "--memory needs a value: SIZE (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--root", "", "ls"}), "--root needs a value: DIR, not an empty one (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--report=", "ls"}), "--report needs a value: FILE, not an empty one (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--trace=5", "ls"}), "--trace takes no value (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "-m", "1M", "--memory=2M", "ls"}), "--memory is given more than once (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "-x", "ls"}), "unknown option -x (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--wx", "some", "ls"}), "--wx: some is none of strict, allow-jit, off (see caponier run --help)");
  EXPECT_EQ(LineOf({"run", "--accel", "hvf", "ls"}), "--accel: hvf is none of auto, kvm, tcg (see caponier run --help)");
  EXPECT_EQ(LineOf({"--version", "x"}), "--version: nothing is known about x (see caponier --help)");
  EXPECT_EQ(LineOf({""}), "unknown command '' (see caponier --help)");
  EXPECT_EQ(LineOf({"fly"}), "unknown command fly (see caponier --help)");
  for (const char* option : {"--root", "--sysroot", "--with", "--workdir"})
    EXPECT_EQ(LineOf({"run", option, "/"}), std::string(option) + " needs a PROGRAM");
  EXPECT_EQ(LineOf({"check"}), "check takes one PROGRAM");
  EXPECT_EQ(LineOf({"check", "a", "b"}), "check takes one PROGRAM");
}

TEST(CommandLine, RefusesWhatCannotBeWrittenBeforeTheWork) {
  TempDir dir;
  dir.Write("file", "kept");
  const std::string absent = dir / "absent/file";
  EXPECT_EQ(LineOf({"audit", "heap", "--json", absent}),
            "--json: " + absent + " cannot be written: no such file or directory (see caponier audit heap --help)");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"audit", "layout", "-o"},
                                                                                     {"audit", "tables", "--json"},
                                                                                     {"entropy", "plot", "x", "-o"},
                                                                                     {"bench", "random", "--plot"}}) {
    for (const std::string& path : {absent, dir.path()}) {
      std::vector<std::string> all = words;
      all.push_back(path);
      EXPECT_THAT(LineOf(all), HasSubstr("cannot be written: ")) << words[0] << words[1];
    }
  }
  Parse({"audit", "heap", "--json", dir / "file", "-o", dir / "new"});
  EXPECT_FALSE(std::filesystem::exists(dir / "new"));
  EXPECT_EQ(std::filesystem::file_size(dir / "file"), 4u);
  EXPECT_EQ(LineOf({"run", "--report", "same", "--seed-file", "same", "ls"}), "--report and --seed-file name the same file");
}

TEST(CommandLine, HelpIsNotAFailure) {
  EXPECT_THAT(std::get<PrintText>(Parse({"run", "--help"})).text, HasSubstr("--memory"));
  EXPECT_THAT(std::get<PrintText>(Parse({})).text, HasSubstr("caponier run"));
  EXPECT_THAT(std::get<PrintText>(Parse({"help", "check"})).text, HasSubstr("--strict"));
}

}  // namespace
}  // namespace caponier::tool
