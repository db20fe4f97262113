// Programs that begin with "#!": which interpreter runs them, and with which argument.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace caponier::tool {

struct ScriptLine {
  std::string interpreter;             // a path, or a name to look up on PATH when it came through env
  std::vector<std::string> arguments;  // before the script's own path
};

// From a file's first bytes; nothing when they are not "#!" and a name. "#!/usr/bin/env NAME" names NAME itself: env would
// only look it up and replace itself by it.
std::optional<ScriptLine> ParseScriptLine(std::string_view first_bytes);

// Linux reads this much of the file for the line, [linux-exec] "Interpreter scripts".
inline constexpr size_t kScriptLineBytes = 256;

}  // namespace caponier::tool
