#include "tool/machine/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

std::pair<UniqueFd, UniqueFd> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw SystemFailure("no pipe", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

[[noreturn]] void ExecChild(const std::vector<char*>& argv, const std::vector<int>& inherited, int output, int complaint,
                            pid_t parent) {
  // If the tool went away before this call took hold, nobody would end the child.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(0);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (const int fd : inherited) fcntl(fd, F_SETFD, 0);
  execvp(argv[0], argv.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(complaint, &error, sizeof(error));
  _exit(127);
}

}  // namespace

std::pair<UniqueFd, UniqueFd> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw SystemFailure("no socket", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd MakeMemoryFile(const char* name, std::string_view bytes) {
  UniqueFd file(memfd_create(name, MFD_CLOEXEC));
  if (!file) throw SystemFailure("no memory file", errno);
  if (write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw SystemFailure("memory file", errno);
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

UniqueFd OpenNull() {
  UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw SystemFailure("/dev/null", errno);
  return null;
}

Process Process::Spawn(const std::vector<std::string>& argv, const std::vector<int>& inherited) {
  std::vector<char*> raw;
  for (const std::string& argument : argv) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  auto [output_read, output_write] = MakePipe();
  auto [complaint_read, complaint_write] = MakePipe();
  fcntl(output_read.get(), F_SETFL, O_NONBLOCK);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw SystemFailure("cannot start " + argv[0], errno);
  if (pid == 0) ExecChild(raw, inherited, output_write.get(), complaint_write.get(), parent);
  Process process;
  process.pid_.pid = pid;
  process.output_ = std::move(output_read);
  complaint_write.Reset();
  int error = 0;
  if (read(complaint_read.get(), &error, sizeof(error)) == sizeof(error)) {
    process.Reap();
    if (error == ENOENT && argv[0].find('/') == std::string::npos)
      throw Failure(fmt::format("{} is not found on PATH: the emulator is needed (packages.txt names its package)", argv[0]));
    throw SystemFailure("cannot start " + argv[0], error);
  }
  process.pid_fd_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pid_fd_) throw SystemFailure("cannot watch " + argv[0], errno);
  return process;
}

Process::~Process() {
  if (pid_.pid < 0) return;
  Signal(SIGKILL);
  Reap();
}

bool Process::Collect(std::string& output, size_t most, std::optional<std::chrono::steady_clock::time_point> until) {
  std::array<char, 4096> buffer;
  for (bool running = true; running;) {
    int patience = -1;
    if (until.has_value()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      patience = static_cast<int>(left);
    }
    std::array<pollfd, 2> polls{pollfd{output_.get(), POLLIN, 0}, pollfd{pid_fd_.get(), POLLIN, 0}};
    if (poll(polls.data(), polls.size(), patience) < 0 && errno != EINTR) throw SystemFailure("poll", errno);
    running = polls[1].revents == 0;
    for (ssize_t got; (got = read(output_.get(), buffer.data(), buffer.size())) > 0;)
      output.append(buffer.data(), std::min(static_cast<size_t>(got), most - std::min(most, output.size())));
  }
  return true;
}

void Process::Signal(int number) {
  if (pid_.pid > 0) kill(pid_.pid, number);
}

int Process::Reap() {
  int status = 0;
  while (pid_.pid > 0 && waitpid(pid_.pid, &status, 0) < 0 && errno == EINTR) {
  }
  pid_.pid = -1;
  return status;
}

}  // namespace caponier::tool
