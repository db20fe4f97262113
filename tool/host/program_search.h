// Which file the word PROGRAM means, as a shell decides it: a word with a slash is a path, any other is looked up on PATH.
// Failures carry the shell's statuses: 127 when there is none, 126 when there is one that cannot be executed.
#pragma once

#include <string>
#include <string_view>

#include "tool/host/tree.h"

namespace caponier::tool {

inline constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// The program's absolute path in `tree`, links kept. `directory` is where relative paths start.
std::string FindProgram(const Tree& tree, std::string_view program, std::string_view search_path, std::string_view directory);

}  // namespace caponier::tool
