#include "lib/heap/misuse.h"

#include <gtest/gtest.h>

#include <set>

namespace caponier::heap {
namespace {

TEST(Misuse, EachCrimeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int crime = 0; crime <= static_cast<int>(Crime::kWildAccess); crime++) names.insert(CrimeName(static_cast<Crime>(crime)));
  EXPECT_EQ(names.size(), static_cast<size_t>(Crime::kWildAccess) + 1);
}

TEST(Misuse, TheLineHasWhatIsKnownAndNoMore) {
  InlineText<256> line;
  Describe({.crime = Crime::kDoubleFree}, line);
  EXPECT_EQ(line.text(), "double free");
  line.Clear();
  Describe({.crime = Crime::kDoubleFree, .block_bytes = 0}, line);
  EXPECT_EQ(line.text(), "double free; block of 0 bytes");
  line.Clear();
  Describe({.crime = Crime::kOverflow, .block_bytes = 40, .distance = 8, .generation = 3}, line);
  EXPECT_EQ(line.text(), "access behind a block; block of 40 bytes; distance 8 bytes; generation 3 of its slot");
  line.Clear();
  Describe({.crime = Crime::kWrongSizeFree, .block_bytes = 40, .given_bytes = 41}, line);
  EXPECT_EQ(line.text(), "sized delete with a wrong size; block of 40 bytes; size given 41");
  line.Clear();
  Describe({.crime = Crime::kDoubleFree, .block_bytes = 40, .wish = Wish::kSize}, line);
  EXPECT_EQ(line.text(), "size asked of a block that was freed; block of 40 bytes");
  line.Clear();
  Describe({.crime = Crime::kInteriorFree, .block_bytes = 40, .distance = 16, .wish = Wish::kSize}, line);
  EXPECT_EQ(line.text(), "size asked of a pointer into a block; block of 40 bytes; distance 16 bytes");
  line.Clear();
  Describe({.crime = Crime::kForeignFree, .wish = Wish::kResize}, line);
  EXPECT_EQ(line.text(), "free of a pointer that is no block's, by realloc");
}

}  // namespace
}  // namespace caponier::heap
