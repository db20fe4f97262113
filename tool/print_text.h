#pragma once

#include <string>

namespace caponier::tool {

// Something to print and leave with status 0: help, a version.
struct PrintText {
  std::string text;
};

}  // namespace caponier::tool
