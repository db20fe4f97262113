#include "hosted/random/clone_watch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace caponier::hosted {

void CloneWatch::Open(const char* path) {
  // Not open() nor close(), where a thread is cancelled: it has the lock of all here.
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return;
  // A device has no size; a file that is shorter than the page's head cannot be read that far.
  struct stat status;
  const bool long_enough =
      fstat(fd, &status) == 0 && (S_ISCHR(status.st_mode) || status.st_size >= static_cast<off_t>(sizeof(VmClockPage)));
  void* mapped = !long_enough ? MAP_FAILED : mmap(nullptr, kPageSize, PROT_READ, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (mapped == MAP_FAILED) return;
  const auto* page = static_cast<const volatile VmClockPage*>(mapped);
  // `size` is of the device's memory; the part before the generation was there in the first version of all.
  if (page->magic != kVmClockMagic || page->version != 1 || page->size < offsetof(VmClockPage, generation)) {
    munmap(mapped, kPageSize);
    return;
  }
  has_generation_ = page->size >= sizeof(VmClockPage) && (page->flags & kVmClockHasGeneration) != 0;
  page_ = page;
}

}  // namespace caponier::hosted
