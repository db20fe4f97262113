#include "tool/parsing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tool/failure.h"
#include "tool/unique_fd.h"

namespace caponier::tool {

void RefuseWords(const CLI::ParseError& error, const std::string& command) {
  std::string text = error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  throw Failure(fmt::format("{} (see caponier {} --help)", text, command));
}

std::function<std::string(const std::string&)> Writable() {
  return [](const std::string& path) {
    struct stat status;
    int error = 0;
    if (stat(path.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) error = EISDIR;
      if (S_ISREG(status.st_mode) && access(path.c_str(), W_OK) != 0) error = errno;
    } else if (UniqueFd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600))) {
      unlink(path.c_str());
    } else if (errno != EEXIST) {  // a symbolic link to what is not there yet
      error = errno;
    }
    return error == 0 ? std::string() : fmt::format("{} cannot be written: {}", path, WordsFor(error));
  };
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
