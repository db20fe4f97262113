// The machine's files, before they become an archive: a tree of names with where each one's bytes come from.
//
// Names are added by path from a Tree, one step at a time, so that every directory and symbolic link on the way comes along as
// it is on the host and the same path works inside. What is in the set already wins: a link that came from one tree also leads
// names that come from another.
#pragma once

#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/types.h"
#include "tool/host/tree.h"

namespace caponier::tool {

struct FileEntry {
  u32 mode = 0;  // type and permissions, as stat has them
  u32 uid = 0, gid = 0;
  i64 mtime_s = 0;
  u32 mtime_ns = 0;
  u64 size = 0;
  u64 device = 0, inode = 0;  // the same pair in two entries: two names of one file; 0 for made-up files
  std::string host_path;      // a regular file's bytes; empty when they are in `text`
  std::string text;           // a symbolic link's target or a small file's bytes

  bool is_directory() const { return S_ISDIR(mode); }
  bool is_symlink() const { return S_ISLNK(mode); }
};

class FileSet {
 public:
  // Whether to take a path found below an added directory; a refused directory is not entered.
  using Filter = std::function<bool(const std::string& path)>;

  // Adds what `path` leads to, with the links and directories on the way. The result is where it came to lie, free of links; it
  // is empty when the tree has no such file. A directory is added without its contents.
  std::string Add(const Tree& tree, std::string_view path);
  // Likewise with everything below a directory. Sockets and devices in it are left out.
  std::string AddAll(const Tree& tree, std::string_view path, const Filter& filter = {});
  // Everything in `tree` as the machine's /. Throws Failure at anything that a file system in memory cannot be packed from:
  // devices, sockets, pipes, links that loop, directories that contain themselves, unreadable files.
  void AddWholeTree(const Tree& tree);

  // Made-up entries; an existing one stays. The directories above them are made when absent.
  void AddText(std::string_view path, std::string_view text, u32 mode = 0644);
  // A regular file of the host under another name, owned by root; throws Failure when it is none.
  void AddFileAt(std::string_view path, const std::string& host_path, u32 mode);
  void AddDirectory(std::string_view path, u32 mode = 0755);
  void AddSymlink(std::string_view path, std::string_view target);

  // Takes over what is not there yet.
  void Merge(const FileSet& other) { entries_.insert(other.entries_.begin(), other.entries_.end()); }

  // By path without the leading slash; parents come before their children.
  const std::map<std::string, FileEntry, std::less<>>& entries() const { return entries_; }
  const FileEntry* Find(std::string_view path) const;  // the entry itself, links not followed
  u64 total_bytes() const;                             // in whole pages

 private:
  void AddBelow(const Tree& tree, const std::string& tree_path, const std::string& path, const Filter& filter);
  void AddChecked(const Tree& tree, const std::string& path, std::vector<std::pair<dev_t, ino_t>>& above);

  std::map<std::string, FileEntry, std::less<>> entries_;
  i64 made_ = std::time(nullptr);  // the date of made-up entries
};

}  // namespace caponier::tool
