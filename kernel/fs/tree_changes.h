// What changes the tree: making, linking, removing and renaming. Each takes the Walk that led to the place, checks permissions as
// Linux does and in its order, and keeps link counts and directory times.
#pragma once

#include "kernel/fs/context.h"
#include "kernel/fs/path.h"

namespace caponier::fs {

// A regular file, FIFO, socket name or device node. The umask is applied.
Result<Location> CreateFile(Context& context, const Walk& walk, InodeType type, u32 mode, u64 special = 0);
Result<void> MakeDirectory(Context& context, const Walk& walk, u32 mode);
Result<void> MakeSymbolicLink(Context& context, const Walk& walk, std::string_view text);
Result<void> MakeLink(Context& context, const Walk& walk, Ref<Inode> inode);
Result<void> Unlink(Context& context, const Walk& walk);
Result<void> RemoveDirectory(Context& context, const Walk& walk);

enum class RenameMode : u8 { kReplace, kNoReplace, kExchange };
Result<void> Rename(Context& context, const Walk& from, const Walk& to, RenameMode mode);

// A new inode of a kind that lives in the memory tree.
Result<Ref<Inode>> NewInode(FileSystem& file_system, InodeType type, u32 mode, u64 special);

}  // namespace caponier::fs
