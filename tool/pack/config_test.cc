#include "tool/pack/config.h"

#include <gtest/gtest.h>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

using namespace std::string_literals;

TEST(Config, WritesEveryRecordWithItsNul) {
  const GuestConfig config{.exe = "/bin/x",
                           .arguments = {"x", "", "a=b"},
                           .environment = {"A=1", "B="},
                           .workdir = "/w",
                           .epoch_ns = 12,
                           .tty = "02",
                           .window = link::WindowSize{24, 80},
                           .trace = true,
                           .layout = "off",
                           .wx = "strict",
                           .tagging = "sync",
                           .heap = "libc",
                           .kernel_heap = "record",
                           .seed_hex = "00ff"};
  EXPECT_EQ(
      EncodeConfig(config),
      "exe=/bin/x\0arg=x\0arg=\0arg=a=b\0env=A=1\0env=B=\0workdir=/w\0epoch_ns=12\0tty=02\0window=24x80\0trace=1\0report=0\0"
      "hostname=caponier\0layout=off\0wx=strict\0tagging=sync\0heap=libc\0kernel_heap=record\0seed=00ff\0"s);
}

TEST(Config, LeavesOutWhatIsNotSaid) {
  EXPECT_EQ(EncodeConfig({.exe = "/x"}), "exe=/x\0workdir=/\0epoch_ns=0\0tty=\0trace=0\0report=0\0hostname=caponier\0"s);
}

TEST(Config, RefusesAValueThatWouldBeTwo) { EXPECT_THROW(EncodeConfig({.exe = "/x\0arg=y"s}), Failure); }

}  // namespace
}  // namespace caponier::tool
