// What the file calls share.
#pragma once

#include "kernel/fs/context.h"
#include "kernel/fs/open_files.h"
#include "kernel/fs/path.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::syscall {

// The process's file context, told who the process is now and what it may open.
fs::Context& Files(Call& call);

// An open file that can be used: kBadDescriptor for none and for O_PATH.
Result<Ref<fs::File>> UsableFile(Call& call, int descriptor);

// A path as the program gave it. Short ones stay on the stack, which is small.
class UserPath {
 public:
  // kNameTooLong from PATH_MAX on.
  Result<void> Read(u64 address);
  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  char short_[248];
  Vector<char> long_;
  std::string_view text_;
};

// Where a relative path of an *at call starts; an absolute one ignores the descriptor.
Result<Ref<fs::Directory>> StartOf(Call& call, int directory, std::string_view path);
// The thing that an *at call names: by path, or the descriptor itself for an empty path with AT_EMPTY_PATH.
struct Named {
  Ref<fs::Inode> inode;
  fs::Location where;
  Ref<fs::File> file;  // when it was the descriptor itself
};
Result<Named> FindNamed(Call& call, int directory, u64 path_address, u32 at_flags);
// The walk to a place that something shall be made at or removed from.
Result<void> WalkTo(Call& call, fs::Walk& walk, UserPath& path, int directory, u64 path_address);

// Reads or writes as read(2) does: counts capped, SIGPIPE raised.
inline constexpr u64 kTransferMax = 0x7ffff000;  // Linux's MAX_RW_COUNT
Result<i64> ReadInto(Call& call, fs::File& file, mm::IoBuffer& to, u64 offset);
Result<i64> WriteFrom(Call& call, fs::File& file, mm::IoBuffer& from, u64 offset);
// Whether a file may become `size` bytes long under RLIMIT_FSIZE; if not, SIGXFSZ is raised.
Result<void> WithinFileLimit(Call& call, u64 size);

// fcntl(2)'s F_GETLK, F_SETLK, F_SETLKW, and those of open file descriptions.
Result<i64> RecordLock(Call& call, fs::File& file, int command, u64 address);

// The program's memory that a call reads from or writes to. Linux checks the length before the address, and the address before it
// transfers anything.
Result<mm::IoBuffer> UserBuffer(u64 address, u64 bytes);

// An iovec array, copied in and capped. The pieces live as long as this.
class UserVector {
 public:
  Result<mm::IoBuffer> Read(u64 address, u64 count);

 private:
  static constexpr u64 kFew = 8;
  mm::IoBuffer::Piece few_[kFew];
  Vector<mm::IoBuffer::Piece> many_;
};

// A descriptor of a new file that no path leads to.
Result<i64> InstallAnonymous(Call& call, Ref<fs::File> file, u32 status_flags, bool close_on_exec);

// Gives the program two new descriptors, or none of them.
Result<void> InstallBoth(Call& call, u64 address, Ref<fs::File> first, Ref<fs::File> second, bool close_on_exec);

}  // namespace caponier::syscall
