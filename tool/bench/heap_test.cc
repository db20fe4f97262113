#include "tool/bench/heap.h"

#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool::bench {
namespace {

const HeapPeer kQuick{"quick", "", "/bin/true"};
const HeapPeer kMissing{.name = "missing", .preload = {}, .program = "/bin/true", .absent = "no missing.so"};

TEST(BenchHeap, EachWorkRunsOverEachPeerThatIsThere) {
  const HeapPeer peers[] = {kQuick, {"other", "", "/bin/true", false}, kMissing};
  const HeapWork works[] = {{"own", {}}, {"real", {"/bin/sleep", "0.05"}}};
  const Json result = CompareHeaps(peers, works, 3);
  ASSERT_EQ(result["measurements"].size(), 3u) << "the second does not run real programs";
  EXPECT_EQ(result["measurements"][0]["time_ratio"], 1.0);
  const Json& slow = result["measurements"][2];
  EXPECT_EQ(slow["workload"], "real");
  EXPECT_GE(slow["ms"].get<double>(), 50);
  EXPECT_GT(slow["peak_kib"].get<double>(), 100);
  EXPECT_EQ(result["geometric_means"].size(), 2u);
  const std::string tables = HeapTables(result);
  for (const char* expected :
       {"time, of quick's", "peak memory, of quick's", "own", "real", "other", "absent: missing (no missing.so)"})
    EXPECT_NE(tables.find(expected), std::string::npos) << expected << " is not in\n" << tables;
}

TEST(BenchHeap, TwoThreadsAreSetBesideOne) {
  const HeapPeer peers[] = {kQuick};
  const HeapWork works[] = {{"two", {}, "one"}, {"other", {}}};
  const Json result = CompareHeaps(peers, works, 3);
  EXPECT_NEAR(result["measurements"][0]["scaling"].get<double>(), 2, 1.5) << "both do nothing";
  EXPECT_FALSE(result["measurements"][1].contains("scaling"));
  EXPECT_NE(HeapTables(result).find("throughput of two threads"), std::string::npos);
}

TEST(BenchHeap, AProgramThatFailsEndsIt) {
  const HeapPeer peers[] = {{"failing", "", "/bin/false"}};
  const HeapWork works[] = {{"own", {}}};
  EXPECT_THROW(CompareHeaps(peers, works, 1), Failure);
  const HeapPeer nowhere[] = {{"nowhere", "", "/nonexistent"}};
  EXPECT_THROW(CompareHeaps(nowhere, works, 1), Failure);
}

// What a process has when it is forked is part of its peak.
TEST(BenchHeap, APeakIsTheProgramsAlone) {
  const std::vector<char> much(64 << 20, 1);
  const HeapRun run = RunHeapWork(kQuick, {"own", {}});
  EXPECT_GT(run.peak_kib, 100);
  EXPECT_LT(run.peak_kib, 8 * 1024) << much.size();
}

TEST(BenchHeap, AProgramsEndIsTold) {
  for (const auto& [script, end] : {std::pair{"exit 3", "status 3"}, {"kill -SEGV $$", "signal 11"}}) {
    try {
      RunHeapWork(kQuick, {"own", {"/bin/sh", "-c", script}});
      ADD_FAILURE() << script;
    } catch (const Failure& failure) {
      EXPECT_EQ(std::string(failure.what()), fmt::format("bench: own over quick ended with {}", end));
    }
  }
}

TEST(BenchHeap, EachWorkloadOfOursRunsToItsEnd) {
  const HeapPeer peers[] = {{"glibc", "", CAPONIER_HEAP_WORK, false}};
  std::vector<HeapWork> works = FindHeapWorks("/nonexistent");
  std::erase_if(works, [](const HeapWork& work) { return !work.command.empty(); });
  const Json result = CompareHeaps(peers, works, 1);
  EXPECT_EQ(result["measurements"].size(), 13u);
  EXPECT_NE(HeapTables(result).find("skewed"), std::string::npos);
}

TEST(BenchHeap, EachRealProgramRunsOrIsNamedAsAbsent) {
  const HeapPeer peers[] = {{"glibc", "libc.so.6", ""}};
  std::vector<HeapWork> works = FindHeapWorks(CAPONIER_SOURCE);
  std::erase_if(works, [](const HeapWork& work) { return work.command.empty(); });
  const Json result = CompareHeaps(peers, works, 1);
  EXPECT_EQ(result["measurements"].size() + result["absent"].size(), 5u);
  EXPECT_TRUE(result["geometric_means"].empty()) << "of our own workloads only";
}

TEST(BenchHeap, AWorkloadThatIsMissingIsNamed) {
  const HeapPeer peers[] = {kQuick};
  const HeapWork works[] = {{.name = "gone", .command = {"/nonexistent"}, .absent = "no /nonexistent"}};
  const Json result = CompareHeaps(peers, works, 1);
  EXPECT_TRUE(result["measurements"].empty());
  EXPECT_NE(HeapTables(result).find("absent: gone (no /nonexistent)"), std::string::npos);
  EXPECT_EQ(FindHeapWorks("/nonexistent")[16].absent, "no /nonexistent/tool/host/tree.cc");
}

TEST(BenchHeap, PlotsABarForEachButTheFirst) {
  const HeapPeer peers[] = {kQuick, {"other's", "", "/bin/true", false}};
  const HeapWork works[] = {{"own", {}}, {"real", {"/bin/true"}}};
  const Json result = CompareHeaps(peers, works, 1);
  const TempDir folder;
  PlotHeaps(result, folder / "it's.svg");
  std::stringstream picture;
  picture << std::ifstream(folder / "it's.svg").rdbuf();
  for (const char* text :
       {"Time, of quick", "Peak memory, of quick", ">own<", ">real<", "other's", "rgb(192,   0,   0)", "</svg>"})
    EXPECT_NE(picture.str().find(text), std::string::npos) << text;
  PlotHeaps(result, folder / "it.png");
  EXPECT_GT(std::filesystem::file_size(folder / "it.png"), 1000u);
  EXPECT_THROW(PlotHeaps(result, folder / "it.jpg"), Failure);
  EXPECT_THROW(PlotHeaps(result, folder / "absent/it.svg"), Failure);
  EXPECT_THROW(PlotHeaps(CompareHeaps({}, works, 1), folder / "it.svg"), Failure) << "nothing was measured";
}

TEST(BenchHeap, TheFirstPeerIsTheCLibrary) {
  const std::vector<HeapPeer> peers = FindHeapPeers("/nonexistent", {});
  EXPECT_EQ(peers.front().name, "glibc");
  EXPECT_TRUE(peers.front().absent.empty());
  EXPECT_EQ(peers[1].absent, "no /nonexistent/hosted/heap/libcaponier-heap.so.1");
}

TEST(BenchHeap, ALibraryHasANameAndAnArchitecture) {
  const TempDir dir;
  const auto write = [&](const char* name, unsigned short machine, unsigned short type = ET_DYN) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_machine = machine;
    header.e_type = type;
    return dir.Write(name, std::string(reinterpret_cast<const char*>(&header), sizeof(header)), 0644);
  };
  const std::string x86 = write("x86.so", EM_X86_64), arm = write("arm.so", EM_AARCH64), other = write("other.so", EM_RISCV),
                    fixed = write("fixed", EM_X86_64, ET_EXEC);
  EXPECT_EQ(ParseNamedLibrary("mine=" + x86).name, "mine");
  EXPECT_EQ(ParseNamedLibrary("mine=" + x86).arch, Arch::kX86_64);
  EXPECT_EQ(ParseNamedLibrary("a=" + arm).arch, Arch::kAarch64);
  const std::vector<HeapPeer> peers = FindHeapPeers("/nonexistent", std::vector{ParseNamedLibrary("mine=" + x86)});
  EXPECT_EQ(peers.back().name, "mine");
  EXPECT_EQ(peers.back().preload, x86);
  for (const std::string& wrong : {x86, "=" + x86, std::string("mine="), "mine=" + other, "mine=" + fixed,
                                   std::string("mine=/bin"), std::string("mine=/nonexistent")})
    EXPECT_THROW(ParseNamedLibrary(wrong), Failure) << wrong;
}

}  // namespace
}  // namespace caponier::tool::bench
