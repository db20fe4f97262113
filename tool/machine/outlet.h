// One of the tool's own output streams, written without ever blocking the run: bytes wait here until the reader takes them.
//
// The descriptor is shared with whoever started the tool, so its O_NONBLOCK flag is left alone. Instead nothing is written
// before poll() says there is room, and then at most PIPE_BUF bytes, which a pipe with room always takes whole. Regular files
// never block and get everything at once.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/types.h"

namespace caponier::tool {

class Outlet {
 public:
  explicit Outlet(int fd);
  void Append(std::string_view bytes);
  bool pending() const { return sent_ < queue_.size(); }
  size_t pending_bytes() const { return queue_.size() - sent_; }
  bool closed() const { return closed_; }
  int error() const { return error_; }  // why it is closed, as errno
  int fd() const { return fd_; }
  // Writes once. Call when poll() reports POLLOUT, POLLERR or POLLHUP. A reader that has gone, or any other error, closes the
  // outlet and drops what waits.
  void WriteSome();
  bool SameFileAs(const Outlet& other) const;

 private:
  int fd_;
  bool regular_ = false;
  bool closed_ = false;
  int error_ = 0;
  std::string queue_;
  size_t sent_ = 0;
};

}  // namespace caponier::tool
