#include "tool/host/tree.h"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <fstream>

namespace caponier::tool {
namespace {

constexpr int kMaxLinks = 40;  // as Linux

}  // namespace

Tree::Tree(std::string_view prefix) : prefix_(JoinPath(SplitPath(prefix))) {
  if (prefix_ == "/") prefix_.clear();
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string JoinPath(const std::vector<std::string>& parts) {
  if (parts.empty()) return "/";
  std::string path;
  for (const std::string& part : parts) path += "/" + part;
  return path;
}

std::string DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::optional<std::string> ReadLink(const std::string& host_path) {
  char target[PATH_MAX];
  const ssize_t size = readlink(host_path.c_str(), target, sizeof(target));
  if (size < 0) return std::nullopt;
  return std::string(target, static_cast<size_t>(size));
}

std::optional<Tree::Found> Tree::Resolve(std::string_view path, int* error) const {
  const auto absent = [&](int why) {
    if (error != nullptr) *error = why;
    return std::nullopt;
  };
  const std::vector<std::string> parts = SplitPath(path);
  std::deque<std::string> todo(parts.begin(), parts.end());
  std::vector<std::string> done;
  int links = 0;
  struct stat status;
  if (path.size() >= PATH_MAX) return absent(ENAMETOOLONG);
  if (lstat(HostPath("/").c_str(), &status) != 0) return absent(errno);
  while (!todo.empty()) {
    const std::string part = std::move(todo.front());
    todo.pop_front();
    if (part == "..") {
      if (!done.empty()) done.pop_back();
      if (lstat(HostPath(JoinPath(done)).c_str(), &status) != 0) return absent(errno);
      continue;
    }
    done.push_back(part);
    const std::string host_path = HostPath(JoinPath(done));
    if (lstat(host_path.c_str(), &status) != 0) return absent(errno);
    if (S_ISLNK(status.st_mode)) {
      const auto target = ReadLink(host_path);
      if (!target.has_value()) return absent(errno);
      if (++links > kMaxLinks) return absent(ELOOP);
      const std::vector<std::string> target_parts = SplitPath(*target);
      todo.insert(todo.begin(), target_parts.begin(), target_parts.end());
      if (target->starts_with('/')) {
        done.clear();
      } else {
        done.pop_back();
      }
      if (lstat(HostPath(JoinPath(done)).c_str(), &status) != 0) return absent(errno);
    } else if (!S_ISDIR(status.st_mode) && !todo.empty()) {
      return absent(ENOTDIR);
    }
  }
  // A name that ends in a slash is a directory's.
  if ((path.ends_with('/') || path.ends_with("/.")) && !S_ISDIR(status.st_mode)) return absent(ENOTDIR);
  const std::string resolved = JoinPath(done);
  return Found{resolved, HostPath(resolved), status};
}

std::vector<std::string> Tree::ReadLines(std::string_view path) const {
  std::vector<std::string> lines;
  if (const auto found = Resolve(path); found.has_value() && S_ISREG(found->status.st_mode)) {
    std::ifstream file(found->host_path);
    for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace caponier::tool
