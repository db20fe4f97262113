// Debian's programs that guests are compared by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tool/bench/comparisons.h"

namespace caponier::tool::bench {

struct RealProgram {
  std::string name;
  std::vector<std::string> words;
  std::vector<std::string> with;
  std::string output;  // what it must print
};
std::vector<RealProgram> RealPrograms();

// The folder of Debian's programs for the architecture, which tests/sysroot makes.
std::string Sysroot(Arch arch, const std::string& build);

// Throws Failure when the program did not end with 0 after just that output.
void RequireOutput(const Finished& finished, std::string_view guest, const RealProgram& program);

}  // namespace caponier::tool::bench
