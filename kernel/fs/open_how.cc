#include "kernel/fs/open_how.h"

#include "lib/linux_abi/file_flags.h"

namespace caponier::fs {

using namespace linux_abi;

OpenHow ParseOpenFlags(u32 flags, u32 mode) {
  const auto has = [flags](u32 bits) { return (flags & bits) == bits; };
  OpenHow how;
  const u32 access = flags & kO_ACCMODE;
  how.read = access != kO_WRONLY;
  how.write = access != kO_RDONLY;
  how.append = has(kO_APPEND);
  how.nonblocking = has(kO_NONBLOCK);
  how.close_on_exec = has(kO_CLOEXEC);
  how.create = has(kO_CREAT);
  how.exclusive = has(kO_EXCL);
  how.truncate = has(kO_TRUNC);
  how.temporary = has(k__O_TMPFILE);
  how.directory = has(native::kO_DIRECTORY);
  how.no_follow = has(native::kO_NOFOLLOW);
  how.path_only = has(kO_PATH);
  how.keep_access_time = has(kO_NOATIME);
  how.mode = mode & 07777;
  // A 64-bit kernel adds O_LARGEFILE to every descriptor; the rest drop out once they have done their work.
  how.status_flags = (flags & ~(kO_CREAT | kO_EXCL | kO_NOCTTY | kO_TRUNC | kO_CLOEXEC)) | native::kO_LARGEFILE;
  if (how.path_only) {
    how.read = how.write = how.create = how.truncate = how.temporary = false;
    how.status_flags = flags & (kO_PATH | native::kO_DIRECTORY | native::kO_NOFOLLOW);
  }
  return how;
}

u32 ChangeableStatusFlags() { return kO_APPEND | kO_NONBLOCK | native::kO_DIRECT | kO_NOATIME | kFASYNC; }

}  // namespace caponier::fs
