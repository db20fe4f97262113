#include "kernel/fs/file_systems.h"

#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

// Unnamed devices have major number 0, as on Linux; each tree has its own, so that programs see where one ends.
constinit FileSystem g_root{"tmpfs", "/", linux_abi::kTMPFS_MAGIC, linux_abi::MakeDevice(0, 20), false, 1};
constinit FileSystem g_dev{"devtmpfs", "/dev", linux_abi::kTMPFS_MAGIC, linux_abi::MakeDevice(0, 5), false, 1};
constinit FileSystem g_proc{"proc", "/proc", linux_abi::kPROC_SUPER_MAGIC, linux_abi::MakeDevice(0, 21), true, 1};
constinit FileSystem g_sys{"sysfs", "/sys", linux_abi::kSYSFS_MAGIC, linux_abi::MakeDevice(0, 22), true, 1};
constinit FileSystem g_pipe{"pipefs", "", linux_abi::kPIPEFS_MAGIC, linux_abi::MakeDevice(0, 13), true, 1};
constinit FileSystem g_anonymous{"anon_inodefs", "", linux_abi::kANON_INODE_FS_MAGIC, linux_abi::MakeDevice(0, 14), true, 1};
constexpr u64 kQueueMagic = 0x19800202;  // Linux's, which no header has
constinit FileSystem g_queues{"mqueue", "", kQueueMagic, linux_abi::MakeDevice(0, 19), false, 1};
FileSystem* const g_mounted[] = {&g_root, &g_dev, &g_proc, &g_sys};

}  // namespace

FileSystem& RootFileSystem() { return g_root; }
FileSystem& DeviceFileSystem() { return g_dev; }
FileSystem& ProcessFileSystem() { return g_proc; }
FileSystem& SystemFileSystem() { return g_sys; }
FileSystem& PipeFileSystem() { return g_pipe; }
FileSystem& AnonymousFileSystem() { return g_anonymous; }
FileSystem& MessageQueueFileSystem() { return g_queues; }
std::span<FileSystem* const> MountedFileSystems() { return g_mounted; }

}  // namespace caponier::fs
