// The emulator as a child process, and the descriptors it is born with.
//
// The child gets its own session, so that a Ctrl-C at the terminal reaches it only through the machine, and it dies with the tool.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tool/unique_fd.h"

namespace caponier::tool {

// Both ends close on exec; the child's end is opened for it by being listed in Spawn.
std::pair<UniqueFd, UniqueFd> MakeSocketPair();
// An anonymous file in memory with these bytes, read position at 0.
UniqueFd MakeMemoryFile(const char* name, std::string_view bytes);

UniqueFd OpenNull();

class Process {
 public:
  // Starts argv[0], found on PATH, with `inherited` open under the same numbers, /dev/null as input, and its own output and
  // errors on one pipe. Throws Failure when it cannot be executed.
  static Process Spawn(const std::vector<std::string>& argv, const std::vector<int>& inherited);
  Process(Process&&) = default;
  Process& operator=(Process&&) = delete;
  ~Process();  // kills and reaps what still runs

  int pid_fd() const { return pid_fd_.get(); }  // readable once the process has ended
  int output() const { return output_.get(); }  // non-blocking
  // Appends what it writes until it ends, up to `most` bytes in all; the rest is read and dropped. False when `until` came first.
  bool Collect(std::string& output, size_t most, std::optional<std::chrono::steady_clock::time_point> until);
  void Signal(int number);
  // Waits for the end; the wait status as waitpid gives it.
  int Reap();

 private:
  Process() = default;
  struct PidSlot {
    pid_t pid = -1;
    PidSlot() = default;
    explicit PidSlot(pid_t value) : pid(value) {}
    PidSlot(PidSlot&& other) noexcept : pid(std::exchange(other.pid, -1)) {}
  };
  PidSlot pid_;
  UniqueFd pid_fd_;
  UniqueFd output_;
};

}  // namespace caponier::tool
