// The matrix over corpora of a few lines, in which every kind of end occurs.
#include "tool/audit/heap_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A twin is valid where its name does not say otherwise.
constexpr char kCorpus[] = R"(#!/bin/sh
case "$1 $2" in
  'list ') printf 'f/signal\tf\talways\nf/words\tf\ttags\nf/passes\tf\t-\nf/refused\tf\t-\ng/hangs\tg\t-\ng/twin\tg\t-\n' ;;
  'f/signal ') kill -SEGV $$ ;;
  'f/words ') echo 'allocator: overflow' >&2; echo more; exit 1 ;;
  'f/refused ') exit 3 ;;
  'g/hangs ') echo run >>"$0.hung"; kill -ALRM $$ ;;
  'g/twin '*) kill -ABRT $$ ;;
  'f/turns ') if [ -e "$0.turn" ]; then rm "$0.turn"; kill -ABRT $$; fi; touch "$0.turn" ;;
esac
)";

class HeapMatrix : public testing::Test {
 protected:
  Detection Of(const std::string& name) {
    return Measure(allocator_, std::vector<MisuseCase>{{name, "f", Promise::kNone}}, 4).detections.at(0);
  }

  const TempDir dir_;
  const std::string corpus_ = dir_.Write("corpus", kCorpus, 0755);
  const Allocator allocator_{"fake", {corpus_}};
};

TEST_F(HeapMatrix, ReadsTheCorpusOwnList) {
  const std::vector<MisuseCase> cases = ListCases(corpus_);
  ASSERT_EQ(cases.size(), 6u);
  EXPECT_EQ(cases[0].name, "f/signal");
  EXPECT_EQ(cases[4].family, "g");
  EXPECT_EQ(cases[0].promise, Promise::kAlways);
  EXPECT_EQ(cases[1].promise, Promise::kTags);
  EXPECT_EQ(cases[2].promise, Promise::kNone);
  EXPECT_THROW(ListCases("/bin/true"), Failure);
}

TEST_F(HeapMatrix, ASignalOrWordsAreACatch) {
  EXPECT_TRUE(Of("f/signal").certain());
  EXPECT_TRUE(Of("f/words").certain());
  EXPECT_EQ(Of("f/words").words, "allocator: overflow");
  for (const char* name : {"f/passes", "f/refused"}) {
    EXPECT_EQ(Of(name).caught, 0) << name;
    EXPECT_FALSE(Of(name).sometimes()) << name;
  }
}

TEST_F(HeapMatrix, EveryRunCounts) {
  const Detection detection = Of("f/turns");
  EXPECT_EQ(detection.caught, 2);
  EXPECT_EQ(detection.runs, 4);
  EXPECT_TRUE(detection.sometimes());
  EXPECT_FALSE(detection.certain());
}

TEST_F(HeapMatrix, AHangIsNoCatchAndNotTriedAgain) {
  const Detection detection = Of("g/hangs");
  EXPECT_TRUE(detection.hung);
  EXPECT_EQ(detection.caught, 0);
  std::ifstream hung(corpus_ + ".hung");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(hung), {}), "run\n");
}

TEST_F(HeapMatrix, ACatchWithoutAValidTwinIsNone) {
  const Detection detection = Of("g/twin");
  EXPECT_EQ(detection.caught, 4);
  EXPECT_EQ(detection.twins_failed, 4);
  EXPECT_FALSE(detection.certain());
  EXPECT_FALSE(detection.sometimes());
}

TEST_F(HeapMatrix, OursMustKeepItsPromisesAndPassEveryTwin) {
  const std::vector<MisuseCase> cases{
      {"always", "f", Promise::kAlways}, {"tags", "f", Promise::kTags}, {"none", "f", Promise::kNone}};
  const auto failures = [&](bool ours, bool tags, const Detection& all) {
    return MatrixFailures(cases, {{.name = "a", .command = {}, .ours = ours, .tags = tags}, std::vector<Detection>(3, all)});
  };
  const Detection missed_once{.runs = 3, .caught = 2}, caught{.runs = 3, .caught = 3},
      without_twin{.runs = 3, .caught = 3, .twins_failed = 1};
  EXPECT_THAT(failures(true, false, missed_once), ElementsAre("a: always is caught in 2 runs of 3, and must be in all"));
  EXPECT_THAT(failures(true, true, missed_once), ElementsAre(HasSubstr("always"), HasSubstr("tags is caught in 2")));
  EXPECT_THAT(failures(true, true, caught), IsEmpty());
  EXPECT_THAT(failures(false, true, missed_once), IsEmpty());
  EXPECT_THAT(failures(true, false, without_twin), testing::SizeIs(3));
  EXPECT_THAT(failures(false, false, without_twin), IsEmpty());
}

TEST_F(HeapMatrix, TablesJsonAndPageSayTheSame) {
  const std::vector<MisuseCase> cases{
      {"f/one", "f", Promise::kAlways}, {"f/two", "f", Promise::kNone}, {"g/three", "g", Promise::kTags}};
  Allocator ours{.name = "mine", .command = {}, .ours = true};
  const std::vector<MatrixColumn> columns{
      {ours, {{.runs = 2, .caught = 1}, {.runs = 2, .caught = 2}, {.runs = 2}}},
      {{.name = "other", .command = {}}, {{.runs = 2, .hung = true}, {.runs = 2}, {.runs = 2, .caught = 2, .twins_failed = 2}}},
      {{.name = "missing", .command = {}, .absent = "no library"}, {}}};
  const std::string text = MatrixText(cases, columns);
  for (const char* expected : {"mine", "other", "1+1", "absent: missing (no library)", "other fails 1 valid twins",
                               "FAILS mine: f/one is caught in 1 runs of 2"})
    EXPECT_THAT(text, HasSubstr(expected));
  const nlohmann::ordered_json json = MatrixJson(cases, columns);
  ASSERT_EQ(json["allocators"].size(), 3u);
  EXPECT_EQ(json["allocators"][0]["certain"], 1);
  EXPECT_EQ(json["allocators"][0]["sometimes"], 1);
  EXPECT_EQ(json["allocators"][0]["failures"].size(), 1u);
  EXPECT_EQ(json["allocators"][1]["detections"][2]["twins_failed"], 2);
  EXPECT_EQ(json["allocators"][2]["absent"], "no library");
  const std::string page = MatrixPage(cases, columns);
  for (const char* expected : {"<td>one</td><td>1/2</td><td class=\"bad\">hangs</td>", "<td class=\"good\">2/2</td>",
                               "twin fails", "with tags", "<h2>g</h2>"})
    EXPECT_THAT(page, HasSubstr(expected));
  EXPECT_THAT(page, Not(HasSubstr("<th>missing</th>")));
}

TEST_F(HeapMatrix, WhatIsNotThereIsNamed) {
  const std::vector<Allocator> all = FindAllocators("/nonexistent", "");
  EXPECT_TRUE(all.front().ours);
  EXPECT_EQ(all.front().absent, "no /nonexistent/host/hosted/heap/libcaponier-heap.so.1");
  EXPECT_THAT(all.back().absent, HasSubstr("no /nonexistent/emulator-user"));
  EXPECT_TRUE(std::ranges::all_of(all, [](const Allocator& one) { return one.ours == one.name.starts_with("caponier"); }));
}

TEST_F(HeapMatrix, ALibraryIsTriedOnItsArchitecture) {
  const auto library = [&](const char* name, char machine) {
    std::string header(64, '\0');
    header.replace(0, 5,
                   "\x7f"
                   "ELF"
                   "\x02");
    header[16] = 3;  // a shared object
    header[18] = machine;
    return dir_.Write(name, header, 0644);
  };
  const std::string x86 = library("x86.so", '\x3e'), arm = library("arm.so", '\xb7');
  const Allocator native = AllocatorIn("/build", "other=" + x86);
  EXPECT_EQ(native.name, "other");
  EXPECT_FALSE(native.tags);
  EXPECT_THAT(native.command, testing::Contains("LD_PRELOAD=" + x86));
  EXPECT_TRUE(AllocatorIn("/nonexistent", "other=" + arm).absent.starts_with("no /nonexistent/emulator-user")) << "emulated";
}

}  // namespace
}  // namespace caponier::tool::audit
