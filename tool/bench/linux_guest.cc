#include "tool/bench/linux_guest.h"

#include <fmt/format.h>

#include <filesystem>

#include "tool/bench/linux_kernel.h"
#include "tool/failure.h"
#include "tool/pack/config.h"
#include "tool/pack/packer.h"

namespace caponier::tool::bench {
namespace {

constexpr std::string_view kBegin = "bench: begin\n", kEnd = "\nbench: exited ";

// What lies between linux_init's two lines is the program's; the terminal wrote returns before the newlines.
void ReadOutput(Finished& finished) {
  std::string text;
  for (const char c : finished.output) {
    if (c != '\r') text += c;
  }
  const size_t begin = text.find(kBegin), end = text.rfind(kEnd);
  finished.ended = begin != std::string::npos && end != std::string::npos && end >= begin;
  finished.status = -1;
  if (!finished.ended) {
    if (finished.complaint.empty()) finished.complaint = text;
    return;
  }
  finished.status = std::atoi(text.c_str() + end + kEnd.size());
  const size_t first = begin + kBegin.size();
  finished.output = end >= first ? text.substr(first, end - first) : "";
}

}  // namespace

LinuxGuest::LinuxGuest(const Install& install, Arch arch, const std::string& build)
    : arch_(arch), init_(install.GuestProgram(arch, "bench/linux_init")) {
  LinuxKernel kernel = ObtainLinuxKernel(arch, fmt::format("{}/bench/{}", build, NameOf(arch)));
  packaged_ = kernel.packaged;
  kernel_ = kernel.direct;
  version_ = kernel.version;
}

u64 LinuxGuest::image_bytes() const { return std::filesystem::file_size(packaged_); }

Finished LinuxGuest::Run(const GuestPlan& plan, Board board, const Machinery& machinery) const {
  FileSet files = plan.files;
  files.AddFileAt("/init", init_, 0755);
  const GuestConfig config{
      .exe = plan.exe, .arguments = plan.arguments, .environment = plan.environment, .workdir = plan.workdir};
  // Under a name of its own: Linux makes no directory for the archive's first entry.
  files.AddText("/bench.config", EncodeConfig(config));
  const Archive archive = PackArchive("", files);
  const bool x86 = arch_ == Arch::kX86_64;
  // On microvm Linux finds nothing to measure the time-stamp counter against and counts its own timer interrupts instead.
  std::vector<std::string> command{QemuProgram(arch_), "-M",
                                   !x86                     ? "virt,mte=on,gic-version=3"
                                   : board == Board::kQuick ? "microvm,acpi=off,x-option-roms=off,isa-serial=on"
                                                            : "q35"};
  command.insert(command.end(), {"-cpu", x86 ? "max" : "max,pauth-impdef=on,sve=off", "-accel", "tcg,thread=single"});
  command.insert(command.end(),
                 {"-m", fmt::format("{}B", machinery.memory_bytes), "-smp", "1", "-nodefaults", "-no-user-config"});
  command.insert(command.end(), {"-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel_});
  command.insert(command.end(), {"-initrd", fmt::format("/proc/self/fd/{}", archive.file.get()), "-append"});
  command.push_back(fmt::format("console={} quiet rdinit=/init panic=-1{}", x86 ? "ttyS0" : "ttyAMA0", x86 ? " reboot=t" : ""));
  if (machinery.count_instructions) command.insert(command.end(), {"-icount", "shift=0,sleep=off"});
  Finished finished = RunCommand(command, {archive.file.get()}, machinery.deadline);
  ReadOutput(finished);
  return finished;
}

}  // namespace caponier::tool::bench
