#include "tool/host/program_search.h"

#include <fmt/format.h>

#include <cerrno>
#include <optional>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

std::string Absolute(std::string_view path, std::string_view directory) {
  return path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", directory, path);
}

// Why the file cannot be executed; null when it can. Only the mode counts, not who asks: the machine runs it as root.
const char* Objection(const Tree::Found& found) {
  if (S_ISDIR(found.status.st_mode)) return "it is a directory";
  if (!S_ISREG(found.status.st_mode)) return "it is not a regular file";
  if ((found.status.st_mode & 0111) == 0) return "permission denied";
  return nullptr;
}

// Version managers put wrapper scripts for a shell in directories of this name in front of the real programs. They start
// processes, which a machine with one program does not; the program that they stand for comes later on PATH.
bool IsShimDirectory(std::string_view directory) { return BaseName(directory) == "shims"; }

}  // namespace

std::string FindProgram(const Tree& tree, std::string_view program, std::string_view search_path, std::string_view directory) {
  if (program.empty()) throw Failure(kStatusNotFound, "the program's name is empty");
  if (program.find('/') != std::string_view::npos) {
    const std::string path = Absolute(program, directory);
    int error = 0;
    const auto found = tree.Resolve(path, &error);
    if (!found.has_value() && error == ENOENT) throw Failure(kStatusNotFound, fmt::format("{}: not found", program));
    if (!found.has_value())
      throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: {}", program, WordsFor(error)));
    if (const char* objection = Objection(*found))
      throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: {}", program, objection));
    return path;
  }
  std::optional<std::string> refused;
  while (true) {
    const size_t colon = std::min(search_path.find(':'), search_path.size());
    const std::string_view entry = search_path.substr(0, colon);
    if (!IsShimDirectory(entry)) {
      const std::string path = fmt::format("{}/{}", entry.empty() ? std::string(directory) : Absolute(entry, directory), program);
      if (const auto found = tree.Resolve(path); found.has_value() && !S_ISDIR(found->status.st_mode)) {
        const char* objection = Objection(*found);
        if (objection == nullptr) return path;
        if (!refused.has_value()) refused = fmt::format("{}: cannot be executed: {}", path, objection);
      }
    }
    if (colon == search_path.size()) break;
    search_path.remove_prefix(colon + 1);
  }
  if (refused.has_value()) throw Failure(kStatusNotExecutable, *refused);
  throw Failure(kStatusNotFound, fmt::format("{}: not found", program));
}

}  // namespace caponier::tool
