#include "tool/bench/heap_run.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "tool/failure.h"
#include "tool/machine/process.h"
#include "tool/unique_fd.h"

namespace caponier::tool::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

// A process over an allocator. Killed when it is still there at the end.
class Child {
 public:
  Child(std::string what, std::vector<std::string> words, const std::string& file, const std::string& preload)
      : what_(std::move(what)) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string& executed = file.empty() ? words[0] : file;
    const UniqueFd nowhere = OpenNull();
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw SystemFailure("fork", errno);
    if (pid_ > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(nowhere.get(), STDOUT_FILENO);
    unsetenv("CAPONIER_HEAP");
    if (!preload.empty()) setenv("LD_PRELOAD", preload.c_str(), 1);
    execvp(executed.c_str(), arguments.data());
    _exit(127);
  }
  Child(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  void Terminate() const { kill(pid_, SIGTERM); }
  bool runs() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
  }
  rusage Wait() {
    int status = 0;
    rusage usage{};
    while (wait4(pid_, &status, 0, &usage) < 0) {
      if (errno != EINTR) throw SystemFailure("wait4", errno);
    }
    pid_ = -1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      throw Failure(fmt::format(
          "bench: {} ended with {}", what_,
          WIFEXITED(status) ? fmt::format("status {}", WEXITSTATUS(status)) : fmt::format("signal {}", WTERMSIG(status))));
    return usage;
  }

 private:
  std::string what_;
  pid_t pid_ = -1;
};

HeapRun MakeRun(double wall_ms, const rusage& usage) {
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return {wall_ms, ms(usage.ru_utime) + ms(usage.ru_stime), static_cast<double>(usage.ru_maxrss)};
}

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
  return MakeRun(wall, server.Wait());
}

}  // namespace

HeapRun RunHeapWork(const HeapPeer& peer, const HeapWork& work) {
  const std::string what = fmt::format("{} over {}", work.name, peer.name);
  if (!work.client.empty()) return RunServer(what, peer, work);
  const auto start = Clock::now();
  Child child(what, work.command.empty() ? std::vector{peer.program, work.name} : work.command, work.file, peer.preload);
  const rusage usage = child.Wait();
  return MakeRun(Since(start), usage);
}

}  // namespace caponier::tool::bench
