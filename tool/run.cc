#include "tool/run.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>

#include "tool/failure.h"
#include "tool/host/elf_file.h"
#include "tool/install.h"
#include "tool/machine/kernel_room.h"
#include "tool/machine/kvm_probe.h"
#include "tool/machine/launch.h"
#include "tool/machine/report.h"
#include "tool/order/boot_kernel.h"
#include "tool/pack/config.h"
#include "tool/pack/environment.h"
#include "tool/pack/guest_plan.h"
#include "tool/pack/heap_library.h"
#include "tool/pack/packer.h"
#include "tool/seed_file.h"
#include "tool/size.h"

namespace caponier::tool {
namespace {

using namespace std::chrono_literals;

constexpr auto kProbeDeadline = 3s;

u64 NowNanoseconds() {
  return static_cast<u64>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::string TerminalDigits() {
  std::string digits;
  for (const int fd : {0, 1, 2}) {
    if (isatty(fd) != 0) digits += static_cast<char>('0' + fd);
  }
  return digits;
}

// Boots the kernel under KVM with a program that ends with a known status.
bool ProbeBoots(const std::string& kernel) try {
  FileSet files;
  files.AddText("/probe", ProbeProgram(), 0755);
  const GuestConfig config{.exe = "/probe", .arguments = {"/probe"}, .epoch_ns = NowNanoseconds()};
  Archive archive = PackArchive(EncodeConfig(config), files);
  MachineSpec spec{.arch = kHostArch,
                   .accelerator = Accelerator::kKvm,
                   .memory_bytes = 64 * kMiB,
                   .kernel = kernel,
                   .archive = archive.file.get()};
  Machine machine = StartMachine(spec);
  const UniqueFd null = OpenNull();
  SessionOptions options{.input = null.get(), .output = null.get(), .errors = null.get(), .deadline = kProbeDeadline};
  const Outcome outcome = Session(machine.process, std::move(machine.link), std::move(machine.console), options).Run();
  return outcome.exit.has_value() && outcome.exit->cause == link::ExitCause::kExited && outcome.exit->status == kProbeStatus;
} catch (const Failure&) {
  return false;
}

Accelerator Choose(AcceleratorChoice choice, Arch arch, const std::string& kernel) {
  switch (choice) {
    case AcceleratorChoice::kTcg: return Accelerator::kTcg;
    case AcceleratorChoice::kKvm:
      if (arch != kHostArch) throw Failure(fmt::format("--accel kvm: this host does not run {} code", NameOf(arch)));
      if (access("/dev/kvm", R_OK | W_OK) != 0) throw SystemFailure("--accel kvm: /dev/kvm", errno);
      return Accelerator::kKvm;
    case AcceleratorChoice::kAuto: return ChooseAccelerator(arch, kernel, [&] { return ProbeBoots(kernel); });
  }
  return Accelerator::kTcg;
}

int FreeLoopbackPort() {
  const UniqueFd socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (!socket_fd || bind(socket_fd.get(), any, size) != 0 || getsockname(socket_fd.get(), any, &size) != 0)
    throw SystemFailure("no port for --gdb", errno);
  return ntohs(address.sin_port);
}

GuestPlan PlanTour(const RunOptions& options, const Install& install) {
  GuestPlan plan;
  plan.arch = options.arch.value_or(Arch::kX86_64);
  plan.workdir = "/";
  plan.arguments = {"tour"};
  plan.exe = "/tour";
  const std::string tour = install.GuestProgram(plan.arch, "tour");
  plan.files.AddFileAt("/tour", tour, 0755);
  FinishBarePlan(plan, options, CurrentSurroundings());
  return plan;
}

constexpr std::string_view kOurHeap = "caponier";  // --heap

// The library that gives the program our heap; none where it keeps its C library's.
std::optional<std::string> HeapLibraryFor(const GuestPlan& plan, const RunOptions& options, const Install& install) {
  if (options.heap == "libc" || options.heap == "glibc") return std::nullopt;
  if (const std::optional<CLibrary> library = CLibraryOf(plan)) return install.HeapLibrary(plan.arch, *library);
  if (options.heap == kOurHeap)
    throw Failure(
        "--heap caponier is for programs that are linked dynamically to glibc from 2.34 on or to musl; this one is not");
  return std::nullopt;
}

GuestConfig ConfigFor(const GuestPlan& plan, const RunOptions& options) {
  return GuestConfig{.exe = plan.exe,
                     .arguments = plan.arguments,
                     .environment = plan.environment,
                     .workdir = plan.workdir,
                     .epoch_ns = NowNanoseconds(),
                     .tty = TerminalDigits(),
                     .window = TerminalSize(),
                     .trace = options.trace,
                     .report = options.report.has_value(),
                     .layout = options.layout,
                     .wx = options.wx,
                     .tagging = options.tagging,
                     .heap = options.heap == "libc" ? options.heap : "",
                     .kernel_heap = options.kernel_heap};
}

// Whether the program's heap is tagged, processor permitting: glibc was asked to, and glibc it is, which alone knows the name of
// its tunable.
std::string HeapOf(const GuestPlan& plan) {
  if (HasHeapLibrary(plan)) return std::string(kOurHeap);
  const std::string tunables = LookUp(plan.environment, "GLIBC_TUNABLES").value_or("");
  constexpr std::string_view kName = "glibc.mem.tagging";
  const size_t at = tunables.find(std::string(kName) + "=");
  if (plan.arch != Arch::kAarch64 || at == std::string::npos || tunables.substr(at + kName.size() + 1).starts_with("0"))
    return "libc";
  const auto first = std::span(plan.objects).first(std::min<size_t>(plan.objects.size(), 2));  // the program and its interpreter
  const bool glibc = std::ranges::any_of(
      first, [&](const std::string& object) { return AsText(MappedFile(object).bytes()).find(kName) != std::string_view::npos; });
  return glibc ? "tagged" : "libc";
}

// A debugger has the linked file's symbols.
order::KernelOrder KernelOrderFor(const RunOptions& options) {
  return options.gdb ? order::KernelOrder::kFixed : options.kernel_order;
}

void CheckFits(u64 archive_bytes, const MachineSpec& spec, u64 kernel_bytes) {
  if (ArchiveFits(spec.arch, spec.memory_bytes, archive_bytes, kernel_bytes)) return;
  throw Failure(fmt::format("--memory: {} are too little for the machine and {} of files", SizeText(spec.memory_bytes),
                            SizeText(archive_bytes)));
}

std::string DescribeEnd(int status) {
  if (WIFSIGNALED(status)) return fmt::format("the emulator was ended by signal {}", WTERMSIG(status));
  return fmt::format("the emulator ended with status {} before the program did", WEXITSTATUS(status));
}

int StatusOf(const Outcome& outcome, Session& session) {
  if (outcome.exit.has_value()) {
    const auto status = static_cast<int>(static_cast<u32>(outcome.exit->status));
    switch (outcome.exit->cause) {
      case link::ExitCause::kExited:
        return (status & 0xff) == 0 && outcome.output_error != 0 ? kStatusFailed : status & 0xff;  // what it wrote is lost
      case link::ExitCause::kSignaled: return kStatusSignalBase + (status & 0x7f);
      case link::ExitCause::kNotExecutable: return kStatusNotExecutable;
      case link::ExitCause::kNotFound: return kStatusNotFound;
      case link::ExitCause::kRefused: return kStatusFailed;
      case link::ExitCause::kKernelPanic: break;
    }
    session.SayTails();
    Say("the machine failed");
    return kStatusFailed;
  }
  if (outcome.stopped_by != 0) {
    Say("the machine was stopped");
    return kStatusSignalBase + outcome.stopped_by;
  }
  const std::string end = !outcome.fault.empty() ? outcome.fault : DescribeEnd(outcome.emulator_status);
  if (const std::string complaint = session.EmulatorsComplaint(); complaint.empty()) {
    session.SayTails();
    Say(end);
  } else {
    Say(outcome.fault.empty() ? fmt::format("{}: {}", end, complaint) : end);
  }
  return kStatusFailed;
}

}  // namespace

int Run(const RunOptions& options) {
  LaunchFacts facts{.start = Clock::now()};
  const Install install = Install::FromSelf();
  GuestPlan plan = options.program.empty() ? PlanTour(options, install) : PlanGuest(options, CurrentSurroundings());
  if (const auto library = HeapLibraryFor(plan, options, install)) AddHeapLibrary(plan, *library);
  MachineSpec spec{.arch = plan.arch,
                   .memory_bytes = options.memory_bytes.value_or(MemoryFor(plan.files.total_bytes())),
                   .kernel = install.Kernel(plan.arch)};
  CheckFits(plan.files.total_bytes(), spec, 0);  // roughly, before they are packed
  spec.accelerator = Choose(options.accelerator, plan.arch, spec.kernel);
  const UniqueFd report = options.report.has_value() ? OpenReport(*options.report) : UniqueFd();
  GuestConfig config = ConfigFor(plan, options);
  std::optional<SeedFile> seed_file;
  if (options.seed_file.has_value()) {
    seed_file.emplace(*options.seed_file);
    config.seed_hex = seed_file->TakeHex();
    config.seed_file = true;
  }
  const Archive archive = PackArchive(EncodeConfig(config), plan.files);
  const order::BootKernel kernel = order::PrepareKernel(install, plan.arch, KernelOrderFor(options),
                                                        RoomForKernel(plan.arch, spec.memory_bytes, archive.size));
  CheckFits(archive.size, spec, kernel.memory_bytes);
  spec.kernel = kernel.path;
  spec.kernel_file = kernel.file.get();
  spec.archive = archive.file.get();
  if (options.gdb) spec.gdb_port = FreeLoopbackPort();
  facts.packed = Clock::now();

  if (!options.gdb && options.kernel_order == order::KernelOrder::kFixed)
    Say("the kernel's functions stand in the linked order: one's address tells the others' (--kernel-order fixed)");
  Machine machine = StartMachine(spec);
  facts.spawned = Clock::now();
  if (options.gdb) {
    if (options.kernel_order == order::KernelOrder::kRandom)
      Say("for the debugger's symbols, the kernel's functions stay in the linked order");
    Say(fmt::format("waiting for a debugger: gdb-multiarch {} -ex 'target remote 127.0.0.1:{}'", install.KernelSymbols(plan.arch),
                    *spec.gdb_port));
  }
  Session session(
      machine.process, std::move(machine.link), std::move(machine.console),
      {.console = options.console ? Console::Show::kAlways : Console::Show::kOnFailure, .reword = order::RewordFor(kernel)});
  const Outcome outcome = session.Run();
  const int status = StatusOf(outcome, session);
  if (seed_file.has_value() && !outcome.seed.empty()) seed_file->Refresh(AsBytes(outcome.seed));
  if (options.report.has_value()) {
    facts.arch = plan.arch;
    facts.accelerator = spec.accelerator;
    facts.command = machine.command;
    facts.archive_bytes = archive.size;
    facts.status = status;
    facts.kernel_order = order::NameOf(KernelOrderFor(options));
    facts.heap = HeapOf(plan);
    WriteReport(report.get(), *options.report, facts, outcome);
  }
  return status;
}

}  // namespace caponier::tool
