// How the tool gives up: one line for standard error and the exit status that the contract names for it.
#pragma once

#include <stdexcept>
#include <string>

namespace caponier::tool {

inline constexpr int kStatusFailed = 125;         // caponier, the emulator or the kernel failed
inline constexpr int kStatusNotExecutable = 126;  // PROGRAM exists and cannot be executed
inline constexpr int kStatusNotFound = 127;       // PROGRAM does not exist
inline constexpr int kStatusSignalBase = 128;     // 128+N: signal N ended the program

// An empty line: it has been told.
class Failure : public std::runtime_error {
 public:
  Failure(int status, const std::string& line) : std::runtime_error(line), status_(status) {}
  explicit Failure(const std::string& line) : Failure(kStatusFailed, line) {}
  int status() const { return status_; }

 private:
  int status_;
};

// "what: the system's words for errno".
Failure SystemFailure(const std::string& what, int error);

// The system's words for errno as a part of a sentence: "not a directory".
std::string WordsFor(int error);

// One of caponier's own lines: "caponier: text" on standard error. Control characters in `text`, and bytes that are not UTF-8, are
// shown as \xNN, so that no file name or guest message can drive the terminal.
void Say(std::string_view text);
std::string Printable(std::string_view text);

}  // namespace caponier::tool
