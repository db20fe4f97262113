// A directory seen as somebody's /: the host itself, a sysroot of another architecture, a --root. Names are resolved inside it:
// an absolute symbolic link in a sysroot points into that sysroot.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caponier::tool {

class Tree {
 public:
  Tree() = default;  // the host
  explicit Tree(std::string_view prefix);

  struct Found {
    std::string path;       // in the tree, absolute, free of links and dots
    std::string host_path;  // where to open it
    struct stat status;
  };

  const std::string& prefix() const { return prefix_; }
  std::string HostPath(std::string_view path) const { return prefix_ + std::string(path); }
  // Follows every link, the last one too. Nothing for absent names, for links that loop and for what may not be searched; `error`
  // then says which, as Linux would: ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG.
  std::optional<Found> Resolve(std::string_view path, int* error = nullptr) const;
  std::vector<std::string> ReadLines(std::string_view path) const;  // of a text file; none when absent
  bool operator==(const Tree&) const = default;

 private:
  std::string prefix_;  // "" or an absolute path without a final slash
};

// "/a/./b//c" -> {"a", "b", "c"}; ".." stays.
std::vector<std::string> SplitPath(std::string_view path);
std::string JoinPath(const std::vector<std::string>& parts);
std::string DirectoryOf(std::string_view path);    // "/a/b" -> "/a", "/a" -> "/"
std::string_view BaseName(std::string_view path);  // "/a/b" -> "b"

// The target of a symbolic link on the host; nothing when it is none.
std::optional<std::string> ReadLink(const std::string& host_path);

}  // namespace caponier::tool
