// The mounted trees, and those without a mount that pipes and the like live in.
#pragma once

#include <span>

#include "kernel/fs/inode.h"

namespace caponier::fs {

FileSystem& RootFileSystem();
FileSystem& DeviceFileSystem();
FileSystem& ProcessFileSystem();
FileSystem& SystemFileSystem();
FileSystem& PipeFileSystem();
FileSystem& AnonymousFileSystem();
FileSystem& MessageQueueFileSystem();
// Those with a mount point, the root first.
std::span<FileSystem* const> MountedFileSystems();

}  // namespace caponier::fs
