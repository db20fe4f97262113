// A running machine seen from outside: moves bytes between the program in the machine and the tool's own standard streams, turns
// signals into frames, and ends when the machine says how the program ended, when the emulator ends, or when the user insists.
//
// What stays true: nothing here blocks except poll(). Output that its reader does not take waits in at most kOutputBound bytes
// and then the machine waits; input is read from the user only after the program asked for it; a frame that breaks the protocol
// ends the machine.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/link/protocol.h"
#include "tool/machine/console.h"
#include "tool/machine/frames.h"
#include "tool/machine/outlet.h"
#include "tool/machine/process.h"
#include "tool/machine/terminal.h"
#include "tool/unique_fd.h"

namespace caponier::tool {

using Clock = std::chrono::steady_clock;

inline constexpr size_t kOutputBound = kMiB;  // per stream; a frame or two may arrive on top

struct SessionOptions {
  Console::Show console = Console::Show::kOnFailure;
  Console::Reword reword = {};  // of the machine's console
  int input = 0, output = 1, errors = 2;
  int tables = -1;  // a socket: each byte from it asks the machine to walk its page tables, and a link::TablesRecord comes back
  std::optional<std::chrono::milliseconds> deadline = std::nullopt;  // kills the machine; for probes
};

// How the run ended.
struct Outcome {
  std::optional<link::ExitRecord> exit;  // what the machine said; nothing when it ended without a word
  int stopped_by = 0;                    // the signal by which the user ended a machine that would not end itself
  bool timed_out = false;
  std::string fault;        // how the machine broke the protocol
  int output_error = 0;     // errno of a standard stream that could not be written, unless its reader had gone
  int emulator_status = 0;  // as waitpid gives it
  std::string report;       // joined kReport parts
  std::string seed;         // what the machine drew for the seed file; empty when it did not
  Clock::time_point first_frame{}, ended{};
};

class Session {
 public:
  // `link` and `console` are the tool's ends of the sockets given to the emulator.
  Session(Process& process, UniqueFd link, UniqueFd console, const SessionOptions& options);
  Outcome Run();
  size_t buffered_bytes() const { return output_.pending_bytes() + errors_.pending_bytes(); }
  void SayTails();  // the console's and the emulator's last lines
  // What the emulator complained of, when nothing was heard of the machine itself; else empty.
  std::string EmulatorsComplaint() const;

 private:
  enum class Flow { kContinue, kEnded };

  Flow Step();
  void ReadLink();
  void Handle(const Frame& frame);
  void WriteLink();
  void ReadInput();
  void ReadSignals();
  void AskForTables();
  void OnStopSignal(int number);
  void SuspendWithShell();
  void Send(link::FrameType type, Bytes payload);
  void Kill();
  void NoteClosed(Outlet& outlet, u32 stream);
  void NoteClosedStreams();
  void FinishOutput();
  bool OutputFull() const;
  Outlet& ErrorOutlet() { return errors_shared_ ? output_ : errors_; }
  int PollTimeout() const;
  void OnTime();
  void Drain(int fd, Console& console);

  Process& process_;
  UniqueFd link_, console_fd_, signals_;
  SessionOptions options_;
  FrameReader reader_;
  Console console_, emulator_;
  Outlet output_, errors_;
  bool errors_shared_;  // both streams are the same pipe or terminal: one queue keeps their order
  Terminal terminal_;
  std::string to_machine_;
  u32 input_wanted_ = 0;
  bool link_open_ = true, emulator_ended_ = false, killed_ = false;
  bool output_closed_sent_ = false, errors_closed_sent_ = false;
  int last_stop_signal_ = 0;
  std::optional<Clock::time_point> last_stop_, answer_due_, deadline_;
  Outcome outcome_;
};

}  // namespace caponier::tool
