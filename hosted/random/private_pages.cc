#include "hosted/random/private_pages.h"

#include <sys/mman.h>

#include "lib/base/bytes.h"

namespace caponier::hosted {

void* MapPrivatePages(size_t bytes, bool* wiped) {
  void* pages = mmap(nullptr, AlignUp(bytes, kPageSize), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  const size_t whole = AlignUp(bytes, kPageSize);
  // QEMU before 8.0, emulating a process, calls all advice a success and does none of it: what refuses advice that does not exist has
  // at least read it.
  *wiped = madvise(pages, whole, -1) != 0 && madvise(pages, whole, MADV_WIPEONFORK) == 0;
  // Neither is a condition: an old kernel or a low limit must not keep a program from running.
  (void)madvise(pages, whole, MADV_DONTDUMP);
  (void)mlock(pages, whole);
  return pages;
}

void UnmapPrivatePages(void* pages, size_t bytes) {
  SecureWipe({static_cast<std::byte*>(pages), bytes});
  munmap(pages, AlignUp(bytes, kPageSize));
}

}  // namespace caponier::hosted
