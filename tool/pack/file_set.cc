#include "tool/pack/file_set.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

constexpr int kMaxLinks = 40;  // as Linux

FileEntry EntryFor(const std::string& host_path, const struct stat& status) {
  FileEntry entry{.mode = status.st_mode,
                  .uid = status.st_uid,
                  .gid = status.st_gid,
                  .mtime_s = status.st_mtim.tv_sec,
                  .mtime_ns = static_cast<u32>(status.st_mtim.tv_nsec),
                  .size = S_ISREG(status.st_mode) ? static_cast<u64>(status.st_size) : 0,
                  .device = status.st_dev,
                  .inode = status.st_ino,
                  .host_path = {},
                  .text = {}};
  if (S_ISREG(status.st_mode)) entry.host_path = host_path;
  if (S_ISLNK(status.st_mode)) {
    entry.text = ReadLink(host_path).value_or("");
    entry.size = entry.text.size();
  }
  return entry;
}

std::vector<std::string> NamesIn(const std::string& host_path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(host_path.c_str()), closedir);
  if (directory == nullptr) throw SystemFailure("cannot read " + host_path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

std::string Key(std::string_view path) { return JoinPath(SplitPath(path)).substr(1); }

std::string Child(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

}  // namespace

const FileEntry* FileSet::Find(std::string_view path) const {
  const auto found = entries_.find(Key(path));
  return found == entries_.end() ? nullptr : &found->second;
}

std::string FileSet::Add(const Tree& tree, std::string_view path) {
  const std::vector<std::string> parts = SplitPath(path);
  std::deque<std::string> todo(parts.begin(), parts.end());
  std::vector<std::string> done;
  int links = 0;
  while (!todo.empty()) {
    const std::string part = std::move(todo.front());
    todo.pop_front();
    if (part == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    done.push_back(part);
    const std::string here = JoinPath(done);
    const FileEntry* entry = Find(here);
    if (entry == nullptr) {
      struct stat status;
      std::string host_path = tree.HostPath(here);
      if (lstat(host_path.c_str(), &status) != 0) {
        // A link of another tree has led away from where this tree has the file: it comes to lie where the link leads.
        const auto found = tree.Resolve(path);
        if (!found.has_value()) return {};
        if (!todo.empty()) {
          AddDirectory(here);
          continue;
        }
        host_path = found->host_path;
        status = found->status;
      }
      if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode)) return {};
      if (S_ISREG(status.st_mode) && !todo.empty()) return {};
      entry = &entries_.emplace(Key(here), EntryFor(host_path, status)).first->second;
    }
    if (!entry->is_symlink()) continue;
    if (++links > kMaxLinks) return {};
    const std::vector<std::string> target = SplitPath(entry->text);
    todo.insert(todo.begin(), target.begin(), target.end());
    if (entry->text.starts_with('/')) {
      done.clear();
    } else {
      done.pop_back();
    }
  }
  return JoinPath(done);
}

std::string FileSet::AddAll(const Tree& tree, std::string_view path, const Filter& filter) {
  const std::string at = Add(tree, path);
  const auto found = tree.Resolve(path);
  if (!at.empty() && found.has_value() && S_ISDIR(found->status.st_mode)) AddBelow(tree, found->path, at, filter);
  return at;
}

void FileSet::AddBelow(const Tree& tree, const std::string& tree_path, const std::string& path, const Filter& filter) {
  for (const std::string& name : NamesIn(tree.HostPath(tree_path))) {
    const std::string from = Child(tree_path, name), to = Child(path, name);
    if (filter && !filter(from)) continue;
    struct stat status;
    if (lstat(tree.HostPath(from).c_str(), &status) != 0) {
      if (errno == ENOENT) continue;  // removed meanwhile
      throw SystemFailure("cannot read " + tree.HostPath(from), errno);
    }
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode)) continue;
    entries_.emplace(Key(to), EntryFor(tree.HostPath(from), status));
    if (S_ISDIR(status.st_mode)) AddBelow(tree, from, to, filter);
  }
}

void FileSet::AddWholeTree(const Tree& tree) {
  std::vector<std::pair<dev_t, ino_t>> above;
  AddChecked(tree, "/", above);
}

void FileSet::AddChecked(const Tree& tree, const std::string& path, std::vector<std::pair<dev_t, ino_t>>& above) {
  const std::string host_path = tree.HostPath(path);
  struct stat status;
  if (lstat(host_path.c_str(), &status) != 0) throw SystemFailure("cannot read " + host_path, errno);
  const auto refuse = [&](const char* why) { throw Failure(fmt::format("cannot pack {}: {}", host_path, why)); };
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) refuse("it is a device");
  if (S_ISSOCK(status.st_mode)) refuse("it is a socket");
  if (S_ISFIFO(status.st_mode)) refuse("it is a named pipe");
  if (S_ISREG(status.st_mode) && access(host_path.c_str(), R_OK) != 0) throw SystemFailure("cannot read " + host_path, errno);
  if (int error = 0; S_ISLNK(status.st_mode) && !tree.Resolve(path, &error).has_value() && error == ELOOP)
    refuse("the symbolic link leads to itself");
  if (path != "/") entries_.insert_or_assign(Key(path), EntryFor(host_path, status));
  if (!S_ISDIR(status.st_mode)) return;
  const std::pair identity{status.st_dev, status.st_ino};
  if (std::find(above.begin(), above.end(), identity) != above.end()) refuse("the directory contains itself");
  above.push_back(identity);
  for (const std::string& name : NamesIn(host_path)) AddChecked(tree, Child(path, name), above);
  above.pop_back();
}

void FileSet::AddText(std::string_view path, std::string_view text, u32 mode) {
  AddDirectory(DirectoryOf(path));
  entries_.try_emplace(
      Key(path),
      FileEntry{.mode = S_IFREG | mode, .mtime_s = made_, .size = text.size(), .host_path = {}, .text = std::string(text)});
}

void FileSet::AddFileAt(std::string_view path, const std::string& host_path, u32 mode) {
  struct stat status;
  if (stat(host_path.c_str(), &status) != 0) throw SystemFailure("cannot read " + host_path, errno);
  if (!S_ISREG(status.st_mode)) throw Failure(fmt::format("cannot pack {}: not a regular file", host_path));
  AddDirectory(DirectoryOf(path));
  FileEntry entry = EntryFor(host_path, status);
  entry.mode = S_IFREG | mode;
  entry.uid = entry.gid = 0;
  entries_.try_emplace(Key(path), std::move(entry));
}

void FileSet::AddDirectory(std::string_view path, u32 mode) {
  const std::string key = Key(path);
  if (key.empty() || entries_.contains(key)) return;
  AddDirectory(DirectoryOf("/" + key));
  entries_.try_emplace(key, FileEntry{.mode = S_IFDIR | mode, .mtime_s = made_, .host_path = {}, .text = {}});
}

void FileSet::AddSymlink(std::string_view path, std::string_view target) {
  AddDirectory(DirectoryOf(path));
  entries_.try_emplace(
      Key(path),
      FileEntry{.mode = S_IFLNK | 0777, .mtime_s = made_, .size = target.size(), .host_path = {}, .text = std::string(target)});
}

u64 FileSet::total_bytes() const {
  u64 total = 0;
  for (const auto& [path, entry] : entries_) total += kPageSize + AlignUp(entry.size, kPageSize);
  return total;
}

}  // namespace caponier::tool
