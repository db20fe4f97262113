#include "tool/machine/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

using link::FrameType;
using namespace std::chrono_literals;

constexpr auto kInsist = 1s;  // a second stop signal within this ends the machine
constexpr auto kAnswer = 2s;  // the machine must take a stop signal's frame within this

constexpr int kForwarded[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGWINCH, SIGUSR1, SIGUSR2};

bool EndsPrograms(int number) { return number == SIGINT || number == SIGTERM || number == SIGQUIT || number == SIGHUP; }

UniqueFd WatchSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : kForwarded) sigaddset(&set, number);
  // nohup means it. An ignored SIGINT or SIGQUIT does not: shells without job control do that to whatever runs in the background.
  struct sigaction hangup;
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler == SIG_IGN) sigdelset(&set, SIGHUP);
  sigaddset(&set, SIGTSTP);
  sigaddset(&set, SIGCONT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) throw SystemFailure("no signal descriptor", errno);
  return fd;
}

}  // namespace

Session::Session(Process& process, UniqueFd link, UniqueFd console, const SessionOptions& options)
    : process_(process),
      link_(std::move(link)),
      console_fd_(std::move(console)),
      signals_(WatchSignals()),
      options_(options),
      console_("console", options.console, options.reword),
      emulator_("qemu", options.console),
      output_(options.output),
      errors_(options.errors),
      errors_shared_(output_.SameFileAs(errors_)),
      terminal_(options.input) {
  fcntl(link_.get(), F_SETFL, O_NONBLOCK);
  fcntl(console_fd_.get(), F_SETFL, O_NONBLOCK);
  if (options.deadline.has_value()) deadline_ = Clock::now() + *options.deadline;
}

Outcome Session::Run() {
  while (Step() == Flow::kContinue) {
  }
  outcome_.ended = Clock::now();
  FinishOutput();
  Kill();
  outcome_.emulator_status = process_.Reap();
  Drain(console_fd_.get(), console_);
  Drain(process_.output(), emulator_);
  console_.FinishLine();
  emulator_.FinishLine();
  return std::move(outcome_);
}

Session::Flow Session::Step() {
  enum { kLink, kConsole, kEmulator, kPid, kSignals, kInput, kOutput, kErrors, kTables, kCount };
  std::array<pollfd, kCount> polls;
  polls.fill({-1, 0, 0});
  const auto watch = [&](int slot, int fd, int events) {
    polls[static_cast<size_t>(slot)] = {fd, static_cast<short>(events), 0};
  };
  if (link_open_) {
    const int events = (OutputFull() ? 0 : POLLIN) | (to_machine_.empty() ? 0 : POLLOUT);
    if (events != 0) watch(kLink, link_.get(), events);
  }
  if (console_fd_) watch(kConsole, console_fd_.get(), POLLIN);
  watch(kEmulator, emulator_ended_ ? -1 : process_.output(), POLLIN);
  watch(kPid, emulator_ended_ ? -1 : process_.pid_fd(), POLLIN);
  watch(kSignals, signals_.get(), POLLIN);
  if (input_wanted_ > 0 && to_machine_.empty()) watch(kInput, options_.input, POLLIN);
  watch(kTables, options_.tables, POLLIN);
  if (output_.pending()) watch(kOutput, output_.fd(), POLLOUT);
  if (errors_.pending()) watch(kErrors, errors_.fd(), POLLOUT);

  if (poll(polls.data(), polls.size(), PollTimeout()) < 0 && errno != EINTR) throw SystemFailure("poll", errno);
  const auto ready = [&](int slot) { return polls[static_cast<size_t>(slot)].revents; };
  if (ready(kSignals) != 0) ReadSignals();
  if (ready(kOutput) != 0) output_.WriteSome();
  if (ready(kErrors) != 0) errors_.WriteSome();
  NoteClosedStreams();
  if ((ready(kLink) & POLLOUT) != 0) WriteLink();
  if ((ready(kLink) & (POLLIN | POLLHUP | POLLERR)) != 0) ReadLink();
  if (ready(kInput) != 0) ReadInput();
  if (ready(kTables) != 0) AskForTables();
  if (ready(kConsole) != 0) Drain(console_fd_.get(), console_);
  if (ready(kEmulator) != 0) {
    Drain(process_.output(), emulator_);
    // After this QEMU keeps a machine that can never go on.
    if (emulator_.Holds("KVM internal error")) outcome_.fault = "KVM cannot run this machine here (--accel tcg can)";
  }
  if (ready(kPid) != 0) emulator_ended_ = true;
  OnTime();
  if (outcome_.exit.has_value() || !outcome_.fault.empty() || killed_) return Flow::kEnded;
  // What the machine sent before the emulator ended still lies in the socket: read until its end.
  return emulator_ended_ && !link_open_ ? Flow::kEnded : Flow::kContinue;
}

void Session::ReadLink() {
  if (OutputFull()) return;
  const MutableBytes space = reader_.Space();
  const ssize_t got = read(link_.get(), space.data(), space.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    link_open_ = false;
    return;
  }
  reader_.Filled(static_cast<size_t>(got));
  if (outcome_.first_frame == Clock::time_point{}) outcome_.first_frame = Clock::now();
  try {
    while (!outcome_.exit.has_value()) {
      const auto frame = reader_.Next();
      if (!frame.has_value()) break;
      Handle(*frame);
    }
  } catch (const Failure& failure) {
    outcome_.fault = failure.what();
  }
}

void Session::Handle(const Frame& frame) {
  switch (frame.type) {
    case FrameType::kStdout: output_.Append(AsText(frame.payload)); break;
    case FrameType::kStderr:
    case FrameType::kTrace:
    case FrameType::kCrash: ErrorOutlet().Append(AsText(frame.payload)); break;
    case FrameType::kMessage: ErrorOutlet().Append(fmt::format("caponier: {}\n", Printable(AsText(frame.payload)))); break;
    case FrameType::kReport:
      outcome_.report += AsText(frame.payload);
      if (outcome_.report.size() > 16 * kMiB) throw Failure("the machine sent a report of more than 16 MiB");
      break;
    case FrameType::kExit: outcome_.exit = PayloadAs<link::ExitRecord>(frame); break;
    case FrameType::kWantInput: input_wanted_ = PayloadAs<Le32>(frame); break;
    case FrameType::kSeed: outcome_.seed.assign(AsText(frame.payload)); break;
    case FrameType::kTables:
      // Unasked-for answers fill the socket at most, and are lost then.
      if (options_.tables >= 0)
        (void)send(options_.tables, frame.payload.data(), frame.payload.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      break;
    case FrameType::kTerminal: terminal_.Apply(PayloadAs<link::TerminalRecord>(frame)); break;
    default: break;  // FrameReader lets no other type through
  }
}

void Session::Send(FrameType type, Bytes payload) {
  // A machine that takes nothing cannot make this grow: input waits for the queue to empty, and signals are bounded here.
  if (!link_open_ || to_machine_.size() > kMiB) return;
  to_machine_ += EncodeFrame(type, payload);
  WriteLink();
}

void Session::WriteLink() {
  while (!to_machine_.empty()) {
    const ssize_t sent = send(link_.get(), to_machine_.data(), to_machine_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) to_machine_.clear();
      return;
    }
    to_machine_.erase(0, static_cast<size_t>(sent));
  }
}

void Session::ReadInput() {
  std::array<std::byte, link::kMaxPayload> buffer;
  const size_t want = std::min<size_t>(input_wanted_, buffer.size());
  const ssize_t got = read(options_.input, buffer.data(), want);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // One answer to one request: what the program does not ask for again stays with the user. An error reads as the end.
  input_wanted_ = 0;
  Send(FrameType::kInput, Bytes(buffer).first(got > 0 ? static_cast<size_t>(got) : 0));
}

void Session::ReadSignals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGTSTP) {
      SuspendWithShell();
      continue;
    }
    if (number == SIGCONT) {
      terminal_.Reapply();  // what the program set meanwhile, in the background, holds from here on
      continue;
    }
    if (number == SIGWINCH) {
      if (const auto size = TerminalSize()) Send(FrameType::kWindowSize, BytesOf(*size));
    }
    const Le32 payload = static_cast<u32>(number);
    Send(FrameType::kSignal, BytesOf(payload));
    if (EndsPrograms(number)) OnStopSignal(number);
  }
}

void Session::AskForTables() {
  char request;
  if (read(options_.tables, &request, 1) == 1) {
    Send(FrameType::kAudit, {});
  } else {
    options_.tables = -1;  // nobody will ask again
  }
}

void Session::OnStopSignal(int number) {
  const auto now = Clock::now();
  if (last_stop_.has_value() && now - *last_stop_ < kInsist) {
    outcome_.stopped_by = number;
    Kill();
  }
  last_stop_ = now;
  last_stop_signal_ = number;
  answer_due_ = now + kAnswer;
}

void Session::SuspendWithShell() {
  terminal_.Restore();
  process_.Signal(SIGSTOP);
  raise(SIGSTOP);
  process_.Signal(SIGCONT);
  terminal_.Reapply();
}

void Session::Kill() {
  if (killed_) return;
  killed_ = true;
  process_.Signal(SIGKILL);
}

void Session::NoteClosedStreams() {
  NoteClosed(output_, 1);
  NoteClosed(ErrorOutlet(), 2);
}

void Session::NoteClosed(Outlet& outlet, u32 stream) {
  bool& sent = stream == 1 ? output_closed_sent_ : errors_closed_sent_;
  if (!outlet.closed() || sent) return;
  sent = true;
  // The program only learns that nobody reads, which is not what it is when a disk is full.
  if (outlet.error() != EPIPE && !(stream == 2 && errors_shared_)) {
    outcome_.output_error = outlet.error();
    Say(fmt::format("standard {}: {}", stream == 1 ? "output" : "error", WordsFor(outlet.error())));
  }
  const Le32 payload = stream;
  Send(FrameType::kOutputClosed, BytesOf(payload));
}

bool Session::OutputFull() const { return output_.pending_bytes() >= kOutputBound || errors_.pending_bytes() >= kOutputBound; }

int Session::PollTimeout() const {
  std::optional<Clock::time_point> next = answer_due_;
  if (deadline_.has_value() && (!next.has_value() || *deadline_ < *next)) next = deadline_;
  if (!next.has_value()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<i64>(left, 0, 60'000));
}

void Session::OnTime() {
  const auto now = Clock::now();
  if (deadline_.has_value() && now >= *deadline_) {
    outcome_.timed_out = true;
    Kill();
  }
  if (answer_due_.has_value() && now >= *answer_due_) {
    answer_due_.reset();
    // Bytes that the emulator has not read out of the socket are bytes that the machine gave no room for.
    int untaken = 0;
    if (!to_machine_.empty() || (ioctl(link_.get(), SIOCOUTQ, &untaken) == 0 && untaken > 0)) {
      outcome_.stopped_by = last_stop_signal_;
      Kill();
    }
  }
}

// The run is over; what the program wrote before still belongs to its readers. A stop signal gives up on a reader that takes
// nothing.
void Session::FinishOutput() {
  while ((output_.pending() || errors_.pending()) && outcome_.stopped_by == 0) {
    std::array<pollfd, 3> polls{pollfd{output_.pending() ? output_.fd() : -1, POLLOUT, 0},
                                pollfd{errors_.pending() ? errors_.fd() : -1, POLLOUT, 0}, pollfd{signals_.get(), POLLIN, 0}};
    if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return;
    if (polls[0].revents != 0) output_.WriteSome();
    if (polls[1].revents != 0) errors_.WriteSome();
    NoteClosedStreams();
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo == SIGTSTP) {
        SuspendWithShell();
      } else if (EndsPrograms(static_cast<int>(info.ssi_signo))) {
        outcome_.stopped_by = static_cast<int>(info.ssi_signo);
      }
    }
  }
}

void Session::Drain(int fd, Console& console) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      // At its end the console would be ready for ever.
      if (got == 0 && fd == console_fd_.get()) console_fd_.Reset();
      return;
    }
    console.Append({buffer.data(), static_cast<size_t>(got)});
  }
}

std::string Session::EmulatorsComplaint() const {
  if (!console_.lines().empty()) return {};
  const auto& lines = emulator_.lines();
  const auto last =
      std::find_if(lines.rbegin(), lines.rend(), [](const std::string& line) { return !line.contains("warning:"); });
  return last == lines.rend() ? std::string() : *last;
}

void Session::SayTails() {
  emulator_.SayTail();
  console_.SayTail();
}

}  // namespace caponier::tool
