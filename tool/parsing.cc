#include "tool/parsing.h"

#include <fmt/format.h>

#include <algorithm>

#include "tool/failure.h"

namespace caponier::tool {

void RefuseWords(const CLI::ParseError& error, const std::string& command) {
  std::string text = error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  throw Failure(fmt::format("{} (see caponier {} --help)", text, command));
}

std::optional<PrintText> ParseWords(CLI::App& app, const std::string& group, std::span<const std::string> words) {
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return PrintText{app.help()};
  } catch (const CLI::ParseError& error) {
    RefuseWords(error, group + " " + app.get_name());
  }
  return std::nullopt;
}

}  // namespace caponier::tool
