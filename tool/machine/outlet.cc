#include "tool/machine/outlet.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace caponier::tool {

Outlet::Outlet(int fd) : fd_(fd) {
  struct stat status;
  regular_ = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

void Outlet::Append(std::string_view bytes) {
  if (!closed_) queue_ += bytes;
}

void Outlet::WriteSome() {
  if (!pending()) return;
  const size_t size = regular_ ? pending_bytes() : std::min(pending_bytes(), size_t{PIPE_BUF});
  const ssize_t written = write(fd_, queue_.data() + sent_, size);
  if (written < 0) {
    if (errno == EINTR || errno == EAGAIN) return;
    closed_ = true;
    error_ = errno;
    queue_.clear();
    sent_ = 0;
    return;
  }
  sent_ += static_cast<size_t>(written);
  if (!pending()) {
    queue_.clear();
    sent_ = 0;
  } else if (sent_ > queue_.size() / 2 && sent_ > 256 * kKiB) {
    queue_.erase(0, sent_);
    sent_ = 0;
  }
}

bool Outlet::SameFileAs(const Outlet& other) const {
  struct stat mine, theirs;
  return fstat(fd_, &mine) == 0 && fstat(other.fd_, &theirs) == 0 && mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

}  // namespace caponier::tool
