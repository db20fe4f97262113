// Small pictures for a page.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

struct Picture {
  unsigned width = 0, height = 0;
  std::vector<u8> shades;  // 0 black to 255 white, row by row
};

// A PNG file (not compressed), and the same as an address for a page.
std::vector<u8> EncodePng(const Picture& picture);
std::string PngAddress(const Picture& picture);

}  // namespace caponier::tool::entropy
