#include "tool/install.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "tool/failure.h"
#include "tool/host/tree.h"

namespace caponier::tool {

Install Install::FromSelf() {
  const std::string self = ReadLink("/proc/self/exe").value_or("");
  return Install(DirectoryOf(DirectoryOf(DirectoryOf(self))));
}

// The launcher leaves the kernels to the tool, which knows for which architecture the program is.
std::string Install::Require(Arch arch, const std::string& path) const {
  const char* launcher = std::getenv("CAPONIER_LAUNCHER");
  const char* stale = std::getenv("CAPONIER_STALE");
  if (launcher != nullptr && stale != nullptr && std::string_view(stale).find(NameOf(arch)) != std::string_view::npos) {
    const pid_t pid = fork();
    if (pid == 0) {
      execl(launcher, launcher, "build", std::string(NameOf(arch)).c_str(), nullptr);
      _exit(kStatusFailed);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == kStatusFailed) throw Failure("");  // it has said why
    if (status != 0) throw Failure(fmt::format("the kernel for {} could not be built", NameOf(arch)));
    unsetenv("CAPONIER_STALE");
  }
  if (access(path.c_str(), R_OK) != 0) throw Failure(fmt::format("{} is not built", path));
  return path;
}

std::string Install::KernelNamed(Arch arch, std::string_view name) const {
  return Require(arch, fmt::format("{}/{}/kernel/{}.{}", build_, NameOf(arch), name, arch == Arch::kX86_64 ? "elf" : "img"));
}
std::string Install::Kernel(Arch arch) const { return KernelNamed(arch, "caponier"); }
std::string Install::FixedLayoutKernel(Arch arch) const { return KernelNamed(arch, "caponier_fixed_layout"); }

std::string Install::KernelSymbols(Arch arch) const { return fmt::format("{}/{}/kernel/caponier.elf", build_, NameOf(arch)); }

std::string Install::HeapLibrary(Arch arch, CLibrary over) const {
  const std::string folder = over == CLibrary::kMusl  ? fmt::format("/musl/{}", NameOf(arch))
                             : arch == Arch::kAarch64 ? "/aarch64"
                                                      : "";
  const std::string path = fmt::format("{}/host/hosted/heap{}/libcaponier-heap.so.1", build_, folder);
  if (access(path.c_str(), R_OK) != 0) throw Failure(fmt::format("{} is not built", path));
  return path;
}
std::string Install::GuestProgram(Arch arch, const std::string& name) const {
  return Require(arch, fmt::format("{}/{}/guest/{}", build_, NameOf(arch), name));
}

}  // namespace caponier::tool
