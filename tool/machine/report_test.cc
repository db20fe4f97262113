#include "tool/machine/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(Report, NamesTheKernelsOrder) {
  Outcome outcome;
  outcome.report = R"({"mitigations":{}})";
  EXPECT_THAT(RenderReport({.kernel_order = "random"}, outcome), HasSubstr(R"("kernel order": "random")"));
  EXPECT_THAT(RenderReport({.kernel_order = "fixed"}, outcome), HasSubstr(R"("kernel order": "fixed")"));
}

}  // namespace
}  // namespace caponier::tool
