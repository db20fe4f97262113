#include "tool/bench/heap_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "tool/failure.h"
#include "tool/host/tree.h"
#include "tool/machine/process.h"
#include "tool/unique_fd.h"

namespace caponier::tool::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

struct Usage {
  double cpu_ms, peak_kib;
};

// A process over an allocator, with the starter that tells what it used. Killed when it is still there at the end.
class Child {
 public:
  Child(std::string what, std::vector<std::string> words, const std::string& file, const std::string& preload)
      : what_(std::move(what)) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) throw SystemFailure("pipe2", errno);
    report_ = UniqueFd(report[0]);
    const UniqueFd report_end(report[1]), nowhere = OpenNull();
    const std::string executed = file.empty() ? words[0] : file;
    words.insert(words.begin(), {DirectoryOf(ReadLink("/proc/self/exe").value_or("")) + "/caponier-heap-start",
                                 std::to_string(report_end.get()), preload, executed});
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw SystemFailure("fork", errno);
    if (pid_ > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    signal(SIGUSR1, SIG_DFL);
    dup2(nowhere.get(), STDOUT_FILENO);
    fcntl(report_end.get(), F_SETFD, 0);
    unsetenv("CAPONIER_HEAP");
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  Child(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill(pid_, SIGUSR1);  // which has the starter kill it
    waitpid(pid_, nullptr, 0);
  }

  void Terminate() const { kill(pid_, SIGTERM); }
  bool runs() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
  }
  Usage Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) throw SystemFailure("waitpid", errno);
    }
    pid_ = -1;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code != 0)
      throw Failure(fmt::format("bench: {} ended with {}", what_,
                                code <= 128 ? fmt::format("status {}", code) : fmt::format("signal {}", code - 128)));
    char line[64] = {};
    Usage usage{};
    if (read(report_.get(), line, sizeof(line) - 1) <= 0 || std::sscanf(line, "%lf %lf", &usage.peak_kib, &usage.cpu_ms) != 2)
      throw Failure(fmt::format("bench: {}: nothing is known of what it used", what_));
    return usage;
  }

 private:
  std::string what_;
  UniqueFd report_;
  pid_t pid_ = -1;
};

// A folder for a socket, gone with what is in it at the end.
class SocketFolder {
 public:
  SocketFolder() : path_((std::filesystem::temp_directory_path() / "caponier-bench-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw SystemFailure("cannot make a folder for a socket", errno);
  }
  SocketFolder(const SocketFolder&) = delete;
  ~SocketFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string socket() const { return path_ + "/socket"; }
  std::vector<std::string> Fill(std::vector<std::string> words) const {
    for (std::string& word : words)
      if (word == kSocketWord) word = socket();
    return words;
  }

 private:
  std::string path_;
};

bool Listens(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof(address.sun_path)) throw Failure(fmt::format("bench: {} is too long for a socket's path", path));
  path.copy(address.sun_path, path.size());
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

HeapRun RunServer(const std::string& what, const HeapPeer& peer, const HeapWork& work) {
  const SocketFolder folder;
  Child server(what, folder.Fill(work.command), work.file, peer.preload);
  const auto begun = Clock::now();
  while (!Listens(folder.socket())) {
    if (!server.runs()) (void)server.Wait();
    if (Since(begun) > 10000) throw Failure(fmt::format("bench: {} does not listen", what));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto asked = Clock::now();
  Child client("the client of " + what, folder.Fill(work.client), "", "");
  (void)client.Wait();
  const double wall = Since(asked);
  server.Terminate();
  const Usage usage = server.Wait();
  return {wall, usage.cpu_ms, usage.peak_kib};
}

}  // namespace

HeapRun RunHeapWork(const HeapPeer& peer, const HeapWork& work) {
  const std::string what = fmt::format("{} over {}", work.name, peer.name);
  if (!work.client.empty()) return RunServer(what, peer, work);
  const auto start = Clock::now();
  Child child(what, work.command.empty() ? std::vector{peer.program, work.name} : work.command, work.file, peer.preload);
  const Usage usage = child.Wait();
  return {Since(start), usage.cpu_ms, usage.peak_kib};
}

}  // namespace caponier::tool::bench
