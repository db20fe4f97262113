// The common kinds of open file, and opening by path.
#pragma once

#include "kernel/fs/context.h"
#include "kernel/fs/memory_tree.h"
#include "kernel/fs/open_how.h"
#include "kernel/fs/path.h"

namespace caponier::fs {

// A regular file of the memory tree.
class OpenRegular final : public File {
 public:
  explicit OpenRegular(Ref<RegularFile> node) : node_(std::move(node)) {}
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer& from, u64 offset) override;
  Result<u64> Seek(i64 offset, int whence) override;
  bool seekable() const override { return true; }
  bool pollable() const override { return false; }
  Result<i64> Control(u32 request, u64 argument) override;
  Result<Ref<mm::PageSource>> Mappable() override;
  RegularFile& node() { return *node_; }

 private:
  Ref<RegularFile> node_;
  Ref<mm::PageSource> mapped_;  // made at the first mmap, shared by the later ones
};

class OpenDirectory final : public File {
 public:
  explicit OpenDirectory(Ref<Directory> node) : node_(std::move(node)) {}
  Result<u64> Read(mm::IoBuffer&, u64) override { return Error::kIsDirectory; }
  Result<u64> Seek(i64 offset, int whence) override;
  bool seekable() const override { return true; }
  bool pollable() const override { return false; }
  // Entries from the file's position on, "." and ".." first; visiting stops when the visitor says so.
  Result<void> List(EntryVisitor& visitor);
  Directory& node() { return *node_; }

 private:
  Ref<Directory> node_;
};

// O_PATH: stands for a place, can be walked from and examined, and does nothing else.
class OpenPath final : public File {
 public:
  Result<u64> Read(mm::IoBuffer&, u64) override { return Error::kBadDescriptor; }
  Result<u64> Write(mm::IoBuffer&, u64) override { return Error::kBadDescriptor; }
  Result<u64> Seek(i64, int) override { return Error::kBadDescriptor; }
  Result<i64> Control(u32, u64) override { return Error::kBadDescriptor; }
  Result<Ref<mm::PageSource>> Mappable() override { return Error::kBadDescriptor; }
  bool usable() const override { return false; }
};

// The directory that a path relative to `file` starts from: kNotDirectory when it is none.
Result<Ref<Directory>> AsDirectory(File& file);

// open(2) from `start`.
Result<Ref<File>> OpenAt(Context& context, Ref<Directory> start, std::string_view path, const OpenHow& how,
                         const WalkOptions& options = {});
// A new open file on something already found.
Result<Ref<File>> OpenLocation(Context& context, Location where, const OpenHow& how);
// A regular file without a name, as memfd_create(2) and O_TMPFILE make.
Result<Ref<File>> OpenUnnamed(FileSystem& file_system, const OpenHow& how);

// `how` for plain reading.
inline OpenHow ForReading() { return OpenHow{}; }

}  // namespace caponier::fs
