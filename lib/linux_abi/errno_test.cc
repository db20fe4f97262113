#include "lib/linux_abi/errno.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace caponier::linux_abi {
namespace {

TEST(Errno, NamesAndDescriptionsAreTheSystemsOwn) {
  for (int number = 1; number <= 133; number++) {
    const char* name = strerrorname_np(number);
    if (name == nullptr) {
      EXPECT_EQ(ErrnoName(number), "") << number;
      continue;
    }
    EXPECT_EQ(ErrnoName(number), name) << number;
    EXPECT_EQ(ErrnoDescription(number), strerrordesc_np(number)) << number;
  }
  EXPECT_EQ(ErrnoName(0), "");
  EXPECT_EQ(ErrnoName(-2), "");
  EXPECT_EQ(ErrnoName(512), "ERESTARTSYS");
}

TEST(Errno, EveryErrorHasOne) {
  for (int i = static_cast<int>(Error::kInvalidArgument); i <= static_cast<int>(Error::kNobodyThere); i++) {
    int number = ToErrno(static_cast<Error>(i));
    EXPECT_GT(number, 0) << i;
    EXPECT_NE(ErrnoName(number), "") << i;
  }
  EXPECT_EQ(ToErrno(Error::kNotFound), ENOENT);
  EXPECT_EQ(ToErrno(Error::kNotImplemented), ENOSYS);
  EXPECT_EQ(ToErrno(Error::kTooManyOpen), EMFILE);
}

TEST(Errno, OnlyTheLastPageOfResultsIsFailure) {
  EXPECT_FALSE(IsErrno(0));
  EXPECT_FALSE(IsErrno(0x7fffffffffff));
  EXPECT_FALSE(IsErrno(static_cast<u64>(-4096)));
  EXPECT_TRUE(IsErrno(static_cast<u64>(-4095)));
  EXPECT_TRUE(IsErrno(static_cast<u64>(-1)));
}

}  // namespace
}  // namespace caponier::linux_abi
