// The `caponier` command. The launcher at the root of the repository builds this program and starts it.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tool/audit/options.h"
#include "tool/bench/bench.h"
#include "tool/check.h"
#include "tool/command_line.h"
#include "tool/entropy/entropy.h"
#include "tool/failure.h"
#include "tool/run.h"

namespace {

// Whoever starts a program with a standard descriptor closed must not find a file of ours behind that number.
void OpenStandardDescriptors() {
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
    if (fd > STDERR_FILENO) {
      close(fd);
      break;
    }
  }
}

// A file that becomes shorter while it is looked at leaves pages of its mapping without bytes.
void OnBusError(int) {
  constexpr std::string_view kLine = "caponier: a file became shorter, or its disk failed, while it was read\n";
  [[maybe_unused]] const ssize_t told = write(STDERR_FILENO, kLine.data(), kLine.size());
  _exit(caponier::tool::kStatusFailed);
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace caponier::tool;
  OpenStandardDescriptors();
  signal(SIGBUS, OnBusError);
  signal(SIGXFSZ, SIG_IGN);  // a file beyond the caller's limit is a write that fails, which is told
  const Command command = ParseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  if (const auto* options = std::get_if<RunOptions>(&command)) return Run(*options);
  int status = 0;
  if (const auto* text = std::get_if<PrintText>(&command)) std::fputs(text->text.c_str(), stdout);
  if (const auto* options = std::get_if<BenchOptions>(&command)) status = Bench(*options);
  if (const auto* options = std::get_if<entropy::Options>(&command)) status = entropy::Run(*options);
  if (const auto* options = std::get_if<audit::Options>(&command)) status = audit::Run(*options);
  if (const auto* options = std::get_if<CheckOptions>(&command)) status = Check(*options);
  if (std::fflush(stdout) != 0) throw SystemFailure("standard output", errno);
  return status;
} catch (const caponier::tool::Failure& failure) {
  if (const std::string_view line = failure.what(); !line.empty()) caponier::tool::Say(line);
  return failure.status();
} catch (const std::bad_alloc&) {
  caponier::tool::Say("out of memory: the limits that this process was given are too low");
  return caponier::tool::kStatusFailed;
} catch (const std::exception& failure) {
  caponier::tool::Say(failure.what());
  return caponier::tool::kStatusFailed;
}
