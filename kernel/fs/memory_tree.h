// The in-memory file system: directories, regular files, symbolic links and special nodes. /dev and /sys are built of the same
// directories on file systems of their own.
#pragma once

#include "kernel/fs/file_data.h"
#include "kernel/fs/inode.h"
#include "lib/base/vector.h"

namespace caponier::fs {

// Entries stand in the order they were added, which is the order of their cookies, so that a listing that is continued after
// others were added or removed neither repeats nor skips what stayed. A hash index finds names in long directories.
class MemoryDirectory : public Directory {
 public:
  using Directory::Directory;

  Result<Found> Lookup(std::string_view name) override;
  Result<void> List(u64 from, EntryVisitor& visitor) override;
  bool empty() override { return live_ == 0; }
  Result<u64> Insert(std::string_view name, Ref<Inode> inode) override;
  Result<void> Remove(std::string_view name) override;
  Result<u64> Replace(std::string_view name, Ref<Inode> inode) override;

 private:
  struct Slot {
    String name;
    Ref<Inode> inode;  // null: removed
    u64 cookie = 0;
  };
  static constexpr size_t kScanned = 8;  // directories this short are searched by looking

  size_t Find(std::string_view name) const;  // the slot, or slots_.size()
  Result<void> Rebuild(size_t capacity);
  void Compact();

  Vector<Slot> slots_;  // ascending cookies
  Vector<u32> index_;   // open addressing: slot + 1, 0 free, kGone removed
  size_t live_ = 0, gone_in_index_ = 0;
  u64 next_cookie_ = 2;
};

class RegularFile final : public Inode {
 public:
  RegularFile(FileSystem& file_system, u32 mode) : Inode(file_system, InodeType::kRegular, mode) {}

  FileData& data() { return data_; }
  RegularFile* as_regular() override { return this; }
  u64 size() const override { return data_.size(); }
  u64 blocks() const override { return data_.present_pages() * (kPageSize / 512); }
  Result<Ref<File>> Open(const OpenHow& how, Location where) override;
  Result<void> Truncate(u64 size) override;
  // Makes a range read as zeroes, dropping whole pages.
  Result<void> Punch(u64 offset, u64 bytes);
  bool sealed_for_writing() const override;

  // memfd_create(2): F_SEAL_* that hold.
  bool sealable = false;
  u32 seals = 0;

 private:
  FileData data_;
};

class SymbolicLink final : public Inode {
 public:
  static Result<Ref<SymbolicLink>> Create(FileSystem& file_system, std::string_view text);
  SymbolicLink(FileSystem& file_system, String text) : Inode(file_system, InodeType::kSymlink, 0777), text_(std::move(text)) {}
  u64 size() const override { return text_.view().size(); }
  Result<String> ReadLink() override { return String::From(text_); }

 private:
  String text_;
};

// Device nodes that came from the archive or mknod(2) and that no driver of ours answers, and sockets' names.
class SpecialNode final : public Inode {
 public:
  using Inode::Inode;
};

}  // namespace caponier::fs
