// QEMU's debugger interface, as far as an audit needs it: stop the machine, let it go on, read memory, and a register by its name. The
// protocol is gdb's, "Remote Protocol" in its manual.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/base/types.h"
#include "tool/unique_fd.h"

namespace caponier::tool::audit {

// Every member throws Failure when the emulator does not answer as it should.
class Debugger {
 public:
  // `socket` is the other end of the emulator's -gdb; the machine is halted.
  explicit Debugger(UniqueFd socket) : socket_(std::move(socket)) {}

  void Resume();
  void Stop();
  // Where the machine stops by itself, before the instruction at that address. At most a few.
  void SetBreakpoint(u64 address);
  void ClearBreakpoint(u64 address);
  // Waits for that. A stopped machine goes on past the place by a step without the breakpoint.
  void AwaitStop();
  void Step();
  // Whether AwaitStop would not wait, if there is something to read from the descriptor or not.
  bool HasStopped(bool readable) const;
  int descriptor() const { return socket_.get(); }
  u64 Register(const std::string& name);
  // At an address as the stopped processor translates it.
  std::vector<std::byte> Memory(u64 address, size_t bytes);

 private:
  struct Slot {
    u64 number, bytes;
  };
  void Send(const std::string& packet);
  std::string Receive();
  void Command(const std::string& packet);
  std::string Ask(const std::string& packet);
  std::string ReadDescription(const std::string& file);
  void ReadRegisterNumbers();
  char Byte();

  UniqueFd socket_;
  std::string received_;
  size_t taken_ = 0;
  std::map<std::string, Slot> registers_;
};

}  // namespace caponier::tool::audit
