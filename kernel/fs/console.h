// The program's standard streams as files. The bytes travel over the link to the tool; drivers/ implements ConsoleBackend on top
// of it, this folder turns it into descriptors 0, 1 and 2.
//
// A stream that is a terminal on the host is one here too: it answers the termios and window requests, and line editing, echo and
// Ctrl-C stay with the host's terminal, which the tool sets as the program asks. A stream that is not one looks like a pipe.
#pragma once

#include "kernel/fs/file.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/result.h"

namespace caponier::fs {

class Context;

struct TerminalModes {
  bool echo = true, canonical = true, signals = true;
};
struct TerminalSize {
  u16 rows = 24, columns = 80;
};

class ConsoleBackend {
 public:
  // Takes bytes of stream 1 or 2: at least one, blocking while there is no room. kBrokenPipe once the reader has gone.
  // With `nonblocking`, kWouldBlock instead of waiting. kInterrupted when a signal came before the first byte.
  virtual Result<u64> WriteOutput(int stream, mm::IoBuffer& from, bool nonblocking) = 0;
  virtual bool OutputReady(int stream) = 0;   // a write would not block
  virtual bool OutputClosed(int stream) = 0;  // its reader has gone
  virtual sched::WaitQueue& output_queue() = 0;

  // Moves input that is there: at least one byte, or 0 at its end; kWouldBlock when there is none yet (and asks the tool for
  // more, so that a wait on input_queue() ends).
  virtual Result<u64> ReadInput(mm::IoBuffer& to) = 0;
  virtual bool InputReady() = 0;  // bytes or the end are there; asks the tool for input when not
  virtual u64 InputBytes() = 0;   // how many are there, for FIONREAD
  virtual bool InputEnded() = 0;  // nothing comes after those
  virtual sched::WaitQueue& input_queue() = 0;

  virtual void SetTerminalModes(const TerminalModes& modes) = 0;
  virtual TerminalSize terminal_size() = 0;

 protected:
  ~ConsoleBackend() = default;
};

// Installs descriptors 0, 1 and 2. `terminals` has bit n set when descriptor n is a terminal.
Result<void> MakeStandardFiles(Context& context, ConsoleBackend& backend, u32 terminals);

}  // namespace caponier::fs
