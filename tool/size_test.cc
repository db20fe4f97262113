#include "tool/size.h"

#include <gtest/gtest.h>

namespace caponier::tool {
namespace {

TEST(ParseSize, TakesPlainBytesAndBinaryUnits) {
  EXPECT_EQ(ParseSize("4096"), 4096u);
  EXPECT_EQ(ParseSize("4096B"), 4096u);
  EXPECT_EQ(ParseSize("6M"), 6 * kMiB);
  EXPECT_EQ(ParseSize("6m"), 6 * kMiB);
  EXPECT_EQ(ParseSize("64KiB"), 64 * kKiB);
  EXPECT_EQ(ParseSize("2GB"), 2 * kGiB);
  EXPECT_EQ(ParseSize("1T"), 1024 * kGiB);
  EXPECT_EQ(ParseSize("0"), 0u);
}

TEST(ParseSize, RefusesWhatIsNotASize) {
  for (const char* text :
       {"", "M", "-1", "+5", " 5", "5 ", "5 M", "1.5G", "12X", "12MM", "12MiBB", "0x10", "12Bi", "M12", "99999999999999999999"}) {
    EXPECT_FALSE(ParseSize(text).has_value()) << text;
  }
}

TEST(ParseSize, RefusesOverflow) {
  EXPECT_EQ(ParseSize("18446744073709551615"), ~u64{0});
  EXPECT_FALSE(ParseSize("18446744073709551616").has_value());
  EXPECT_EQ(ParseSize("16777215T"), u64{16777215} << 40);
  EXPECT_FALSE(ParseSize("16777216T").has_value());
}

TEST(SizeText, RoundsUpToATenth) {
  EXPECT_EQ(SizeText(1), "1 bytes");
  EXPECT_EQ(SizeText(1024), "1 KiB");
  EXPECT_EQ(SizeText(128 * kMiB), "128 MiB");
  EXPECT_EQ(SizeText(128 * kMiB + 1), "128.1 MiB");
  EXPECT_EQ(SizeText(8 * kGiB), "8 GiB");
}

}  // namespace
}  // namespace caponier::tool
