#include "tool/machine/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace caponier::tool {

Terminal::Terminal(int fd) : fd_(fd) {
  termios modes;
  if (tcgetattr(fd, &modes) == 0) original_ = modes;
}

void Terminal::Apply(link::TerminalRecord record) {
  wanted_ = record;
  if (!original_.has_value()) return;
  termios modes = *original_;
  const auto set = [&](tcflag_t bit, u8 on) { modes.c_lflag = on != 0 ? modes.c_lflag | bit : modes.c_lflag & ~bit; };
  set(ECHO, record.echo);
  set(ICANON, record.canonical);
  set(ISIG, record.signals);
  if (record.canonical == 0) {
    // A byte at a time, as typed. Carriage return still arrives as newline: programs that ask for no lines take either.
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
  }
  if (record.signals == 0) modes.c_iflag &= ~static_cast<tcflag_t>(IXON);
  if (InForeground()) tcsetattr(fd_, TCSADRAIN, &modes);
}

void Terminal::Restore() {
  if (original_.has_value() && wanted_.has_value() && InForeground()) tcsetattr(fd_, TCSADRAIN, &*original_);
}

// In the background the terminal is somebody else's, and touching it would stop this process.
bool Terminal::InForeground() const { return tcgetpgrp(fd_) == getpgrp(); }

void Terminal::Reapply() {
  if (wanted_.has_value()) Apply(*wanted_);
}

std::optional<link::WindowSize> TerminalSize() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0) return link::WindowSize{size.ws_row, size.ws_col};
  }
  return std::nullopt;
}

}  // namespace caponier::tool
