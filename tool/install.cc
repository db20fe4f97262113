#include "tool/install.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tool/failure.h"
#include "tool/host/tree.h"

namespace caponier::tool {

Install Install::FromSelf() {
  const std::string self = ReadLink("/proc/self/exe").value_or("");
  return Install(DirectoryOf(DirectoryOf(DirectoryOf(self))));
}

std::string Install::Require(Arch arch, const std::string& path) const {
  if (access(path.c_str(), R_OK) == 0) return path;
  // The launcher builds for the host's architecture at first; another one is built when somebody needs it.
  if (const char* launcher = std::getenv("CAPONIER_LAUNCHER")) {
    const pid_t pid = fork();
    if (pid == 0) {
      dup2(STDERR_FILENO, STDOUT_FILENO);
      execl(launcher, launcher, "build", std::string(NameOf(arch)).c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    if (pid > 0) waitpid(pid, &status, 0);
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  throw Failure(fmt::format("{} is not built", path));
}

std::string Install::Kernel(Arch arch) const {
  return Require(arch, fmt::format("{}/{}/kernel/caponier.{}", build_, NameOf(arch), arch == Arch::kX86_64 ? "elf" : "img"));
}

std::string Install::KernelSymbols(Arch arch) const { return fmt::format("{}/{}/kernel/caponier.elf", build_, NameOf(arch)); }

std::string Install::GuestProgram(Arch arch, const std::string& name) const {
  return Require(arch, fmt::format("{}/{}/guest/{}", build_, NameOf(arch), name));
}

}  // namespace caponier::tool
