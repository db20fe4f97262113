#include "tool/bench/guests.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <limits>

#include "tool/failure.h"
#include "tool/machine/launch.h"
#include "tool/order/boot_kernel.h"
#include "tool/pack/config.h"
#include "tool/pack/packer.h"

namespace caponier::tool::bench {
namespace {

double ProcessorMs() {
  rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

// Times `work`, which starts one child and reaps it.
void Timed(Finished& finished, const std::function<void()>& work) {
  const double processor = ProcessorMs();
  const auto start = Clock::now();
  work();
  finished.wall_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  finished.cpu_ms = ProcessorMs() - processor;
}

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  off_t at = 0;
  for (;;) {
    const ssize_t got = pread(fd, buffer.data(), buffer.size(), at);
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
    at += got;
  }
}

std::vector<std::string> CommandFor(const MachineSpec& spec, const Machinery& machinery) {
  std::vector<std::string> command = QemuCommand(spec);
  if (machinery.count_instructions) command.insert(command.end(), {"-icount", "shift=0,sleep=off"});
  return command;
}

u64 NowNanoseconds() {
  return static_cast<u64>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

// The kernel that boots beside an archive of so many bytes.
using KernelFor = std::function<order::BootKernel(u64 archive_bytes)>;

Finished RunMachine(const KernelFor& kernel_for, const GuestPlan& plan, const Machinery& machinery) {
  const GuestConfig config{.exe = plan.exe,
                           .arguments = plan.arguments,
                           .environment = plan.environment,
                           .workdir = plan.workdir,
                           .epoch_ns = NowNanoseconds(),
                           .report = machinery.report,
                           .layout = machinery.fixed_layout ? "off" : ""};
  const Archive archive = PackArchive(EncodeConfig(config), plan.files);
  const order::BootKernel kernel = kernel_for(archive.size);
  const MachineSpec spec{.arch = plan.arch,
                         .memory_bytes = machinery.memory_bytes,
                         .kernel = kernel.path,
                         .archive = archive.file.get(),
                         .kernel_file = kernel.file.get()};
  const UniqueFd null = OpenNull(), output = MakeMemoryFile("output", ""), errors = MakeMemoryFile("errors", "");
  Finished finished;
  Outcome outcome;
  Timed(finished, [&] {
    Machine machine = StartMachine(spec, [&](const MachineSpec& wanted) { return CommandFor(wanted, machinery); });
    Session session(machine.process, std::move(machine.link), std::move(machine.console),
                    {.reword = order::RewordFor(kernel),
                     .input = null.get(),
                     .output = output.get(),
                     .errors = errors.get(),
                     .deadline = machinery.deadline});
    outcome = session.Run();
  });
  finished.output = ReadAll(output.get());
  finished.report = outcome.report;
  finished.complaint = outcome.timed_out ? "did not end in time" : outcome.fault + ReadAll(errors.get());
  if (outcome.exit.has_value()) {
    finished.ended = outcome.exit->cause == link::ExitCause::kExited;
    finished.status = static_cast<int>(static_cast<u32>(outcome.exit->status));
  } else if (!outcome.timed_out && WIFEXITED(outcome.emulator_status)) {
    finished.status = WEXITSTATUS(outcome.emulator_status);
  }
  return finished;
}

std::string FloorKernel(const Install& install, Arch arch) { return install.GuestProgram(arch, "bench/floor"); }

// The x86 floor writes to isa-debug-exit, which makes 2n+1 of it; the Arm one powers off. All the emulator says is its status.
Finished FloorEnd(Finished finished) {
  finished.ended = finished.status >= 0;
  finished.status = 0;
  return finished;
}

}  // namespace

GuestPlan PlanJob(Arch arch, const std::vector<std::string>& program, const std::string& sysroot,
                  const std::vector<std::string>& with) {
  RunOptions options;
  options.arch = arch;
  if (!sysroot.empty()) options.sysroot = sysroot;
  options.program = program;
  options.with = with;
  options.workdir = "/";
  return PlanGuest(options, Surroundings{.directory = "/", .environment = {}});
}

Finished RunCaponier(const Install& install, const GuestPlan& plan, const Machinery& machinery) {
  const auto kernel = [&](u64 archive_bytes) {
    if (machinery.fixed_layout) return order::BootKernel{.path = install.FixedLayoutKernel(plan.arch)};
    return order::PrepareKernel(install, plan.arch, order::KernelOrder::kRandom,
                                RoomForKernel(plan.arch, machinery.memory_bytes, archive_bytes));
  };
  return RunMachine(kernel, plan, machinery);
}

Finished RunFloor(const Install& install, const GuestPlan& plan, const Machinery& machinery) {
  return FloorEnd(RunMachine([&](u64) { return order::BootKernel{.path = FloorKernel(install, plan.arch)}; }, plan, machinery));
}

Finished RunBareFloor(const Install& install, Arch arch) {
  const bool x86 = arch == Arch::kX86_64;
  std::vector<std::string> command{QemuProgram(arch), "-M",
                                   x86 ? "microvm,acpi=off,pit=off,pic=off,rtc=off,x-option-roms=off" : "virt"};
  command.insert(command.end(), {"-cpu", "max", "-accel", "tcg", "-nodefaults", "-no-user-config", "-display", "none"});
  command.insert(command.end(), {"-no-reboot", "-kernel", FloorKernel(install, arch)});
  if (x86) command.insert(command.end(), {"-device", "isa-debug-exit,iobase=0xf4"});
  return FloorEnd(RunCommand(command, {}, std::chrono::seconds(20)));
}

Finished RunLauncher(const std::string& launcher, Arch arch, const std::string& program) {
  return RunCommand({launcher, "run", "--accel", "tcg", "--arch", std::string(NameOf(arch)), program}, {},
                    std::chrono::seconds(60));
}

Finished RunCommand(const std::vector<std::string>& command, const std::vector<int>& inherited, std::chrono::seconds deadline) {
  Finished finished;
  Timed(finished, [&] {
    Process process = Process::Spawn(command, inherited);
    if (!process.Collect(finished.output, std::numeric_limits<size_t>::max(), Clock::now() + deadline)) {
      finished.complaint = "did not end in time";
      process.Signal(SIGKILL);
      process.Reap();
      return;
    }
    const int status = process.Reap();
    finished.ended = WIFEXITED(status);
    finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  });
  return finished;
}

void Require(const Finished& finished, std::string_view guest, int status) {
  if (finished.ended && finished.status == status) return;
  std::string words = finished.complaint.empty() ? finished.output : finished.complaint;
  while (!words.empty() && words.back() == '\n') words.pop_back();
  words = words.substr(words.find_last_of('\n') == std::string::npos ? 0 : words.find_last_of('\n') + 1);
  throw Failure(fmt::format("bench: the {} ended with status {}{}{}", guest, finished.status, words.empty() ? "" : ": ", words));
}

}  // namespace caponier::tool::bench
