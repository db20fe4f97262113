#include "tool/host/script.h"

#include <algorithm>

namespace caponier::tool {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view TrimBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  for (text = TrimBlanks(text); !text.empty(); text = TrimBlanks(text)) {
    const size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

}  // namespace

std::optional<ScriptLine> ParseScriptLine(std::string_view first_bytes) {
  if (!first_bytes.starts_with("#!")) return std::nullopt;
  const std::string_view line =
      TrimBlanks(first_bytes.substr(2, std::min(first_bytes.find('\n'), std::min(first_bytes.size(), kScriptLineBytes)) - 2));
  const size_t space = std::min(line.find_first_of(kBlanks), line.size());
  ScriptLine script{std::string(line.substr(0, space)), {}};
  const std::string_view argument = TrimBlanks(line.substr(space));
  if (script.interpreter.empty() || script.interpreter.find('\0') != std::string::npos) return std::nullopt;
  if (script.interpreter != "/usr/bin/env" && script.interpreter != "/bin/env") {
    if (!argument.empty()) script.arguments.emplace_back(argument);  // everything after the name is one argument
    return script;
  }
  std::vector<std::string> words =
      argument.starts_with("-S") ? SplitWords(argument.substr(2)) : std::vector{std::string(argument)};
  if (words.empty() || words.front().empty() || words.front().starts_with('-')) return std::nullopt;
  script.interpreter = words.front();
  script.arguments.assign(words.begin() + 1, words.end());
  return script;
}

}  // namespace caponier::tool
