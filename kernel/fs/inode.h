// What a path names: files, directories, links, devices, whatever file system they live in.
//
// An Inode is shared by the names that link to it and by the files open on it, and lives until both are gone. Attributes are stored
// as given: the machine's program is root unless it drops that, but modes, owners and times are kept and shown.
#pragma once

#include <string_view>

#include "lib/base/ref.h"
#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/base/vector.h"

namespace caponier::fs {

class Directory;
class File;
class Inode;
class PipeInode;
class RecordLocks;
class RegularFile;
class WatchList;
struct OpenHow;

// Linux's DT_* values; shifted by 12 they are those of S_IFMT.
enum class InodeType : u8 { kFifo = 1, kCharacter = 2, kDirectory = 4, kBlock = 6, kRegular = 8, kSymlink = 10, kSocket = 12 };

// Nanoseconds since 1970: reaches from 1677 to 2262.
using FileTime = i64;
FileTime CurrentTime();

struct Attributes {
  InodeType type = InodeType::kRegular;
  u32 mode = 0;  // permission bits, 07777
  u32 user = 0, group = 0, links = 1;
  u64 device = 0, number = 0;
  u64 special = 0;  // what a device node stands for, as linux_abi::MakeDevice has it
  u64 size = 0;     // bytes
  u64 blocks = 0;   // 512 bytes each
  FileTime accessed = 0, modified = 0, changed = 0, born = 0;
};

// One mounted tree.
struct FileSystem {
  std::string_view name;         // as /proc/filesystems has it
  std::string_view mount_point;  // absolute
  u64 magic = 0;                 // statfs f_type
  u64 device = 0;                // st_dev
  bool fixed = false;            // nothing is created, removed or renamed in it by programs
  u64 last_inode = 0;
};

// Who asks.
struct Credentials {
  u32 user = 0, group = 0;
};
enum class Permission : u32 { kExecute = 1, kWrite = 2, kRead = 4 };

// A place a path led to: the inode, and the directory entry that was last on the way (no directory for anonymous objects).
struct Location {
  Ref<Directory> directory;
  u64 entry = 0;  // its cookie in `directory`
  Ref<Inode> inode;
};

class Inode : public RefCounted {
 public:
  Inode(FileSystem& file_system, InodeType type, u32 mode);

  InodeType type() const { return type_; }
  bool is_directory() const { return type_ == InodeType::kDirectory; }
  FileSystem& file_system() const { return file_system_; }
  u64 number() const { return number_; }
  Directory* as_directory();
  virtual PipeInode* as_pipe() { return nullptr; }
  virtual RegularFile* as_regular() { return nullptr; }  // one whose bytes live in the memory tree

  virtual u64 size() const { return 0; }
  virtual u64 blocks() const { return 0; }
  virtual Attributes attributes() const;

  // A new open file. `where` is how it was reached; the file keeps it.
  virtual Result<Ref<File>> Open(const OpenHow& how, Location where);
  virtual Result<void> Truncate(u64 size);
  virtual bool sealed_for_writing() const { return false; }  // F_SEAL_WRITE, F_SEAL_FUTURE_WRITE
  // A symbolic link's text. Links that lead to an object rather than a path (in /proc) also have a Target.
  virtual Result<String> ReadLink();
  virtual bool is_magic_link() const { return false; }
  virtual Result<Location> Target();

  // kAccessDenied unless `who` has every bit of `permissions`.
  Result<void> Check(const Credentials& who, u32 permissions) const;
  bool OwnedBy(const Credentials& who) const { return who.user == 0 || who.user == user; }
  // Content changed / attributes changed, now.
  void TouchModified();
  void TouchChanged() { changed = CurrentTime(); }
  // Read, now: kept as Linux's relatime does, once per change or per day.
  void TouchAccessed();

  u32 mode;  // permission bits
  u32 user = 0, group = 0, links = 1;
  u64 special = 0;
  FileTime accessed, modified, changed, born;
  bool linkable = false;   // O_TMPFILE without O_EXCL: may get its first name
  bool immutable = false;  // mode, owner and times stay as they are, whoever asks

  // flock(2): holders of the whole file. One description holds it exclusively, or several share it.
  const File* exclusive_holder = nullptr;
  u32 shared_holders = 0;
  RecordLocks* record_locks = nullptr;  // fcntl(2): made with the first
  WatchList* watches = nullptr;         // inotify(7): made with the first

 protected:
  ~Inode() override;

 private:
  FileSystem& file_system_;
  const u64 number_;
  const InodeType type_;
};

inline constexpr u64 kNameMax = 255;   // bytes in one name
inline constexpr u64 kPathMax = 4096;  // bytes in a path with its NUL

// Receives the entries of a directory; false ends the listing before that entry.
class EntryVisitor {
 public:
  virtual bool Visit(std::string_view name, u64 number, InodeType type, u64 cookie) = 0;

 protected:
  ~EntryVisitor() = default;
};

class Directory : public Inode {
 public:
  Directory(FileSystem& file_system, u32 mode) : Inode(file_system, InodeType::kDirectory, mode) { links = 2; }

  struct Found {
    Ref<Inode> inode;
    u64 entry = 0;
  };
  // Names other than "." and "..".
  virtual Result<Found> Lookup(std::string_view name) = 0;
  // Entries with cookies of at least `from` in ascending order; cookies stay what they are while an entry lives, and start at 2.
  virtual Result<void> List(u64 from, EntryVisitor& visitor) = 0;
  virtual bool empty() = 0;
  // Adds or takes a name; neither looks at permissions or touches the inode's link count.
  virtual Result<u64> Insert(std::string_view name, Ref<Inode> inode);
  virtual Result<void> Remove(std::string_view name);
  // Makes a name that is there stand for another inode. Needs no memory.
  virtual Result<u64> Replace(std::string_view name, Ref<Inode> inode);

  // A page, as on most file systems; nothing where the listing is made up.
  u64 size() const override { return file_system().fixed ? 0 : kPageSize; }
  u64 blocks() const override { return size() / 512; }
  Result<Ref<File>> Open(const OpenHow& how, Location where) override;

  // Where ".." leads; null for the root and for a removed directory's last step.
  Ref<Directory> parent;
  u64 entry_in_parent = 0;
  bool removed = false;
};

inline Directory* Inode::as_directory() { return is_directory() ? static_cast<Directory*>(this) : nullptr; }

}  // namespace caponier::fs
