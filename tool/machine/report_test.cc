#include "tool/machine/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Report, NamesTheHeapThatIsOn) {
  Outcome outcome;
  outcome.report = R"({"mitigations":{"MTE":"on"}})";
  EXPECT_THAT(RenderReport({.heap = "tagged"}, outcome), HasSubstr(R"("heap": "tagged")"));
  EXPECT_THAT(RenderReport({.heap = "caponier"}, outcome), HasSubstr(R"("heap": "caponier")"));
  EXPECT_THAT(RenderReport({.heap = "libc"}, outcome), HasSubstr(R"("heap": "libc")"));
  outcome.report = R"({"mitigations":{"MTE":"absent"}})";  // asked for, and the processor has no tags
  EXPECT_THAT(RenderReport({.heap = "tagged"}, outcome), HasSubstr(R"("heap": "libc")"));
  outcome.report = R"({"mitigations":7})";
  EXPECT_THAT(RenderReport({.heap = "tagged"}, outcome), Not(HasSubstr("heap")));
}

TEST(Report, NamesTheEmulatorInAFolderOfAnyName) {
  TempDir dir;
  dir.Write("it's $(here)/qemu-system-x86_64", "#!/bin/sh\necho version 1.2\necho more\n", 0755);
  setenv("CAPONIER_EMULATORS", (dir / "it's $(here)").c_str(), 1);
  EXPECT_THAT(RenderReport({}, {}), HasSubstr(R"("qemu": "version 1.2")"));
  setenv("CAPONIER_EMULATORS", (dir / "absent").c_str(), 1);
  EXPECT_THAT(RenderReport({}, {}), HasSubstr(R"("qemu": "unknown")"));
  unsetenv("CAPONIER_EMULATORS");
}

TEST(Report, NamesTheKernelsOrder) {
  Outcome outcome;
  outcome.report = R"({"mitigations":{}})";
  EXPECT_THAT(RenderReport({.kernel_order = "random"}, outcome), HasSubstr(R"("kernel order": "random")"));
  EXPECT_THAT(RenderReport({.kernel_order = "fixed"}, outcome), HasSubstr(R"("kernel order": "fixed")"));
}

}  // namespace
}  // namespace caponier::tool
