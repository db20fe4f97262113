// QEMU's debugger interface, as far as an audit needs it: stop the machine, let it go on, read a register by its name. The protocol is
// gdb's, "Remote Protocol" in its manual.
#pragma once

#include <map>
#include <string>

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
  u64 Register(const std::string& name);

 private:
  struct Slot {
    u64 number, bytes;
  };
  void Send(const std::string& packet);
  std::string Receive();
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
