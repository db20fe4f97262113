// The run loop against fake machines: child processes that speak the link protocol over the descriptor they inherit, well or
// badly, in place of the emulator.
#include "tool/machine/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <functional>
#include <thread>

namespace caponier::tool {
namespace {

using link::FrameType;
using namespace std::chrono_literals;

std::pair<UniqueFd, UniqueFd> Pipe() {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string ReadAll(int fd) {
  std::string all;
  char buffer[65536];
  for (ssize_t got; (got = read(fd, buffer, sizeof(buffer))) > 0;) all.append(buffer, static_cast<size_t>(got));
  return all;
}

// The machine's part is this test program started again: main() below hands over to the script named in argv.
class FakeMachine {
 public:
  explicit FakeMachine(const std::string& script) {
    auto [here, there] = MakeSocketPair();
    auto [console_here, console_there] = MakeSocketPair();
    process_.emplace(Process::Spawn(
        {"/proc/self/exe", "--fake-machine", script, std::to_string(there.get()), std::to_string(console_there.get())},
        {there.get(), console_there.get()}));
    link_ = std::move(here);
    console_ = std::move(console_here);
  }
  Session Start(SessionOptions options) { return Session(*process_, std::move(link_), std::move(console_), options); }

 private:
  std::optional<Process> process_;
  UniqueFd link_, console_;
};

struct Ran {
  Outcome outcome;
  std::string output, errors;
};

Ran RunFake(const std::string& script, const std::string& input = "", const std::function<void(SessionOptions&)>& adjust = {}) {
  auto [input_read, input_write] = Pipe();
  auto [output_read, output_write] = Pipe();
  auto [errors_read, errors_write] = Pipe();
  Ran ran;
  std::thread feed([&, fd = std::move(input_write)]() mutable {
    for (size_t at = 0; at < input.size();) {
      const ssize_t wrote = write(fd.get(), input.data() + at, input.size() - at);
      if (wrote <= 0) break;
      at += static_cast<size_t>(wrote);
    }
    fd.Reset();
  });
  std::thread out([&] { ran.output = ReadAll(output_read.get()); });
  std::thread err([&] { ran.errors = ReadAll(errors_read.get()); });
  FakeMachine fake(script);
  SessionOptions options{.input = input_read.get(), .output = output_write.get(), .errors = errors_write.get()};
  options.deadline = 20s;
  if (adjust) adjust(options);
  ran.outcome = fake.Start(options).Run();
  input_read.Reset();
  output_write.Reset();
  errors_write.Reset();
  feed.join();
  out.join();
  err.join();
  return ran;
}

TEST(Session, CarriesBothStreamsApartAndTheExit) {
  const Ran ran = RunFake("hello");
  EXPECT_EQ(ran.output, "to stdout\n");
  EXPECT_EQ(ran.errors, "to stderr\ncaponier: a mes\\x1bsage\ntraced\n");
  ASSERT_TRUE(ran.outcome.exit.has_value());
  EXPECT_EQ(ran.outcome.exit->cause, link::ExitCause::kExited);
  EXPECT_EQ(ran.outcome.exit->status, 7u);
  EXPECT_EQ(ran.outcome.report, "{\"a\":1}");
}

TEST(Session, AsksForTheTablesAndGivesTheAnswer) {
  auto [here, there] = MakeSocketPair();
  ASSERT_EQ(write(here.get(), "?", 1), 1);
  const Ran ran = RunFake("tables", "", [&](SessionOptions& options) { options.tables = there.get(); });
  EXPECT_EQ(ran.outcome.exit->status, 0u);
  link::TablesRecord record;
  ASSERT_EQ(read(here.get(), &record, sizeof(record)), static_cast<ssize_t>(sizeof(record)));
  EXPECT_EQ(record.tables, 1u);
  EXPECT_EQ(record.kernel_pages, 2u);
  EXPECT_EQ(record.program_pages, 3u);
}

TEST(Session, LeavesAnAnswerThatNobodyWants) {
  const Ran ran = RunFake("tables, unasked");
  EXPECT_EQ(ran.outcome.exit->status, 0u);
}

TEST(Session, KeepsTheOrderOfStreamsThatShareAFile) {
  auto [read_end, write_end] = Pipe();
  const Ran ran = RunFake("hello", "", [&](SessionOptions& options) { options.output = options.errors = write_end.get(); });
  write_end.Reset();
  EXPECT_EQ(ReadAll(read_end.get()), "to stdout\nto stderr\ncaponier: a mes\\x1bsage\ntraced\n");
}

TEST(Session, CarriesMegabytesBothWays) {
  std::string input;
  for (u32 i = 0; input.size() < 5'000'000; i++) input += std::to_string(i * 2654435761u) + "\n";
  const Ran ran = RunFake("cat", input);
  EXPECT_TRUE(ran.outcome.exit.has_value());
  EXPECT_TRUE(ran.output == input) << ran.output.size();
}

TEST(Session, ReadsNoInputThatTheProgramDidNotAskFor) {
  auto [read_end, write_end] = Pipe();
  ASSERT_EQ(write(write_end.get(), "abcdef", 6), 6);
  const Ran ran = RunFake("take3", "", [&](SessionOptions& options) { options.input = read_end.get(); });
  EXPECT_EQ(ran.output, "abc");
  write_end.Reset();
  EXPECT_EQ(ReadAll(read_end.get()), "def");
}

TEST(Session, HoldsTheMachineBackWhileNobodyReads) {
  auto [read_end, write_end] = Pipe();
  Outcome outcome;
  FakeMachine fake("flood");  // 64 MiB of output, then exit 0
  SessionOptions options{.input = open("/dev/null", O_RDONLY | O_CLOEXEC), .output = write_end.get(), .errors = STDERR_FILENO};
  Session session = fake.Start(options);
  std::atomic<bool> done = false;
  std::thread run([&] {
    outcome = session.Run();
    done = true;
  });
  // Nobody reads: the queue, the socket and the pipe fill up, then the machine's write waits and memory stops growing.
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(done);
  EXPECT_LE(session.buffered_bytes(), kOutputBound + 4 * (link::kMaxPayload + 8));
  EXPECT_GE(session.buffered_bytes(), kOutputBound);
  std::string all;
  std::thread reader([&] { all = ReadAll(read_end.get()); });
  run.join();
  write_end.Reset();
  reader.join();
  EXPECT_EQ(all.size(), 64 * kMiB);
  EXPECT_TRUE(outcome.exit.has_value());
}

TEST(Session, TellsTheProgramThatItsReaderHasGone) {
  auto [read_end, write_end] = Pipe();
  read_end.Reset();
  const Ran ran = RunFake("until-closed", "", [&](SessionOptions& options) { options.output = write_end.get(); });
  ASSERT_TRUE(ran.outcome.exit.has_value());
  EXPECT_EQ(ran.outcome.exit->status, 1u);  // the stream's number
}

TEST(Session, EndsAMachineThatBreaksTheProtocol) {
  EXPECT_EQ(RunFake("unknown-type").outcome.fault, "the machine sent a frame of unknown type 77");
  EXPECT_EQ(RunFake("oversize").outcome.fault, "the machine sent a frame of 65537 bytes, more than 65536");
}

TEST(Session, NoticesAMachineThatEndsWithoutAWord) {
  const Ran ran = RunFake("die");
  EXPECT_FALSE(ran.outcome.exit.has_value());
  EXPECT_TRUE(ran.outcome.fault.empty());
  EXPECT_EQ(ran.output, "last words");
  EXPECT_EQ(WEXITSTATUS(ran.outcome.emulator_status), 3);
}

TEST(Session, ForwardsSignals) {
  FakeMachine fake("signal-status");
  SessionOptions options{.input = open("/dev/null", O_RDONLY | O_CLOEXEC)};
  Session session = fake.Start(options);
  kill(getpid(), SIGTERM);
  const Outcome outcome = session.Run();
  ASSERT_TRUE(outcome.exit.has_value());
  EXPECT_EQ(outcome.exit->cause, link::ExitCause::kSignaled);
  EXPECT_EQ(outcome.exit->status, static_cast<u32>(SIGTERM));
}

TEST(Session, ASecondInterruptEndsAMachineThatIgnoresTheFirst) {
  FakeMachine fake("ignore-signals");
  Session session = fake.Start({.input = open("/dev/null", O_RDONLY | O_CLOEXEC)});
  Outcome outcome;
  kill(getpid(), SIGINT);
  const auto start = Clock::now();
  std::thread again([] {
    std::this_thread::sleep_for(200ms);
    kill(getpid(), SIGINT);
  });
  outcome = session.Run();
  again.join();
  EXPECT_EQ(outcome.stopped_by, SIGINT);
  EXPECT_LT(Clock::now() - start, 1s);
}

TEST(Session, EndsAMachineThatDoesNotTakeASignal) {
  FakeMachine fake("deaf");
  Session session = fake.Start({.input = open("/dev/null", O_RDONLY | O_CLOEXEC)});
  kill(getpid(), SIGTERM);
  const auto start = Clock::now();
  EXPECT_EQ(session.Run().stopped_by, SIGTERM);
  EXPECT_LT(Clock::now() - start, 4s);
}

TEST(Session, AProbeHasADeadline) {
  FakeMachine fake("deaf");
  Session session = fake.Start({.input = open("/dev/null", O_RDONLY | O_CLOEXEC), .deadline = 200ms});
  EXPECT_TRUE(session.Run().timed_out);
}

TEST(Process, SaysThatAProgramIsAbsent) {
  try {
    Process::Spawn({"no-such-emulator-anywhere"}, {});
    FAIL();
  } catch (const std::exception& failure) {
    EXPECT_STREQ(failure.what(),
                 "no-such-emulator-anywhere is not found on PATH: the emulator is needed (packages.txt names its package)");
  }
}

}  // namespace

// ---- the machine's side ----

namespace {

class Side {
 public:
  explicit Side(int fd) : fd_(fd) {}
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (wrote <= 0) _exit(9);
      bytes.remove_prefix(static_cast<size_t>(wrote));
    }
  }
  void Send(FrameType type, std::string_view text) { Write(EncodeFrame(type, AsBytes(text))); }
  void Want(u32 bytes) { Send(FrameType::kWantInput, AsText(BytesOf(Le32(bytes)))); }
  [[noreturn]] void Exit(link::ExitCause cause, u32 status) {
    Send(FrameType::kExit, AsText(BytesOf(link::ExitRecord{.cause = cause, .status = status})));
    for (;;) pause();
  }
  std::pair<FrameType, std::string> Receive() {
    link::FrameHeader header;
    ReadExactly(&header, sizeof(header));
    std::string payload(header.length, '\0');
    ReadExactly(payload.data(), payload.size());
    return {header.type, payload};
  }

 private:
  void ReadExactly(void* out, size_t size) {
    if (size != 0 && recv(fd_, out, size, MSG_WAITALL) != static_cast<ssize_t>(size)) _exit(8);
  }
  int fd_;
};

[[noreturn]] void PlayMachine(const std::string& script, int fd) {
  Side side(fd);
  if (script == "hello") {
    side.Send(FrameType::kStdout, "to stdout\n");
    side.Send(FrameType::kStderr, "to stderr\n");
    side.Send(FrameType::kMessage, "a mes\033sage");
    side.Send(FrameType::kTrace, "traced\n");
    side.Send(FrameType::kReport, "{\"a\"");
    side.Send(FrameType::kReport, ":1}");
    side.Exit(link::ExitCause::kExited, 7);
  }
  if (script == "cat") {
    for (;;) {
      side.Want(100'000);
      const auto [type, payload] = side.Receive();
      if (type != FrameType::kInput) continue;
      if (payload.empty()) side.Exit(link::ExitCause::kExited, 0);
      side.Send(FrameType::kStdout, payload);
    }
  }
  if (script == "take3") {
    side.Want(3);
    side.Send(FrameType::kStdout, side.Receive().second);
    side.Exit(link::ExitCause::kExited, 0);
  }
  if (script == "flood") {
    const std::string block(link::kMaxPayload, 'z');
    for (int i = 0; i < 1024; i++) side.Send(FrameType::kStdout, block);
    side.Exit(link::ExitCause::kExited, 0);
  }
  if (script == "until-closed") {
    side.Send(FrameType::kStdout, "into the void");
    const auto [type, payload] = side.Receive();
    side.Exit(link::ExitCause::kExited, type == FrameType::kOutputClosed ? static_cast<u8>(payload[0]) : 99);
  }
  if (script.starts_with("tables")) {
    if (script == "tables" && side.Receive().first != FrameType::kAudit) side.Exit(link::ExitCause::kExited, 99);
    const link::TablesRecord record{Le32(1), Le32(2), Le32(3)};
    side.Send(FrameType::kTables, AsText(BytesOf(record)));
    side.Exit(link::ExitCause::kExited, 0);
  }
  if (script == "unknown-type") side.Send(static_cast<FrameType>(77), "");
  if (script == "oversize") {
    link::FrameHeader header{.type = FrameType::kStdout, .length = link::kMaxPayload + 1};
    side.Write(AsText(BytesOf(header)));
  }
  if (script == "die") {
    side.Send(FrameType::kStdout, "last words");
    _exit(3);
  }
  if (script == "signal-status") {
    const auto [type, payload] = side.Receive();
    if (type == FrameType::kSignal) side.Exit(link::ExitCause::kSignaled, static_cast<u8>(payload[0]));
  }
  if (script == "ignore-signals") {
    for (;;) side.Receive();
  }
  for (;;) pause();
}

}  // namespace
}  // namespace caponier::tool

int main(int argc, char** argv) {
  if (argc > 3 && std::string(argv[1]) == "--fake-machine") caponier::tool::PlayMachine(argv[2], atoi(argv[3]));
  // Signals sent to this process must wait for the session's descriptor, whichever thread is running.
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
