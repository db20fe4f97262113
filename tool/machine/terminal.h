// The user's terminal, lent to the machine: its modes change when the program asks, and go back when the run ends or stops.
#pragma once

#include <termios.h>

#include <optional>

#include "lib/link/protocol.h"

namespace caponier::tool {

class Terminal {
 public:
  explicit Terminal(int fd);  // not a terminal: every call does nothing
  ~Terminal() { Restore(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void Apply(link::TerminalRecord record);
  void Restore();  // to what it was at the start
  void Reapply();  // after Restore: to what the program last asked for

 private:
  bool InForeground() const;

  int fd_;
  std::optional<termios> original_;
  std::optional<link::TerminalRecord> wanted_;
};

// The size of the terminal on any of the three standard descriptors.
std::optional<link::WindowSize> TerminalSize();

}  // namespace caponier::tool
