#include "tool/audit/watched_machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <tuple>

#include "tool/audit/kernel_regions.h"
#include "tool/failure.h"
#include "tool/host/elf_file.h"
#include "tool/pack/config.h"
#include "tool/pack/guest_plan.h"
#include "tool/pack/packer.h"

namespace caponier::tool::audit {
namespace {

using namespace std::chrono_literals;

constexpr u64 kMemoryBytes = 64 * kMiB;
constexpr u64 kVirtMemoryBase = kGiB;  // [qemu-virt]; the other machine's memory begins at 0
constexpr auto kDeadline = 120s;
constexpr int kMomentMs = 100'000;
// The program has said that it waits; the kernel may still be on its way to sleep.
constexpr int kQuietTries = 100;
constexpr auto kQuietPause = 5ms;

std::pair<UniqueFd, UniqueFd> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw SystemFailure("no pipe", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd MakeMachineMemory() {
  UniqueFd file(memfd_create("caponier-memory", MFD_CLOEXEC));
  if (!file || ftruncate(file.get(), static_cast<off_t>(kMemoryBytes)) != 0) throw SystemFailure("no memory file", errno);
  return file;
}

// The probe as programs are: dynamic, with glibc, and its heap tagged where the processor has tags.
Archive PackProbe(const Install& install, const WatchOptions& options) {
  RunOptions run;
  run.arch = options.arch;
  run.program = {install.GuestProgram(options.arch, "probes/layout_audit"), fmt::format("{}", options.calls)};
  run.workdir = "/";
  const GuestPlan plan = PlanGuest(run, Surroundings{.directory = "/", .environment = {}});
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  const GuestConfig config{.exe = plan.exe,
                           .arguments = plan.arguments,
                           .environment = plan.environment,
                           .workdir = plan.workdir,
                           .epoch_ns = static_cast<u64>(now.count()),
                           .layout = options.layout,
                           .wx = options.wx};
  return PackArchive(EncodeConfig(config), plan.files);
}

// What a window or an open gate shows: x86-64's with CR0.WP off, AArch64's with a table below where programs may have anything.
bool IsQuiet(const Verdict& verdict) {
  constexpr std::array kAtWork{Rule::kGate, Rule::kProtection, Rule::kPageTable, Rule::kNothingHere};
  return std::ranges::none_of(verdict.violations,
                              [&](const Violation& violation) { return std::ranges::count(kAtWork, violation.rule) != 0; });
}

}  // namespace

std::optional<Place> ParsePlace(const std::string& line) {
  constexpr std::string_view kPlace = "place ";
  const size_t space = line.rfind(' ');
  if (!line.starts_with(kPlace) || space < kPlace.size()) return std::nullopt;
  return Place{line.substr(kPlace.size(), space - kPlace.size()), std::strtoull(line.c_str() + space, nullptr, 16)};
}

std::optional<Region> ParseMapping(const std::string& line) {
  constexpr std::string_view kMapping = "map ";
  constexpr size_t kNameColumn = 5;  // address, rights, offset, device, inode
  if (!line.starts_with(kMapping)) return std::nullopt;
  std::vector<std::string> words;
  std::istringstream rest(line.substr(kMapping.size()));
  for (std::string word; rest >> word;) words.push_back(word);
  if (words.size() < kNameColumn || words[1].size() < 3) return std::nullopt;
  Region region{
      .name = words.size() > kNameColumn ? words[kNameColumn] : "", .write = words[1][1] == 'w', .execute = words[1][2] == 'x'};
  if (region.name == "[vvar]") region.name = "[vdso]";
  const size_t dash = words[0].find('-');
  region.begin = std::strtoull(words[0].c_str(), nullptr, 16);
  region.end = dash == std::string::npos ? region.begin : std::strtoull(words[0].c_str() + dash + 1, nullptr, 16);
  return region;
}

WatchedMachine::WatchedMachine(const Install& install, const WatchOptions& options)
    : options_(options),
      archive_(PackProbe(install, options)),
      kernel_(order::PrepareKernel(install, options.arch, options.kernel_order,
                                   RoomForKernel(options.arch, kMemoryBytes, archive_.size), order::Symbols::kWanted)),
      memory_file_(MakeMachineMemory()),
      mapped_bytes_(kMemoryBytes) {
  mapped_ = mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, memory_file_.get(), 0);
  if (mapped_ == MAP_FAILED) throw SystemFailure("the machine's memory", errno);
  memory_.Add(options.arch == Arch::kX86_64 ? 0 : kVirtMemoryBase, Bytes(static_cast<const std::byte*>(mapped_), mapped_bytes_));
  std::tie(program_input_, input_) = MakePipe();
  std::tie(output_, program_output_) = MakePipe();
  std::tie(tables_, tables_there_) = MakeSocketPair();
  errors_ = OpenNull();
  auto [here, there] = MakeSocketPair();
  MachineSpec spec{.arch = options.arch, .memory_bytes = kMemoryBytes, .kernel = kernel_.path, .archive = archive_.file.get()};
  spec.kernel_file = kernel_.file.get();
  spec.debugger = there.get();
  spec.memory = memory_file_.get();
  machine_.emplace(StartMachine(spec));
  debugger_.emplace(std::move(here));
  session_ = std::make_unique<Session>(machine_->process, std::move(machine_->link), std::move(machine_->console),
                                       SessionOptions{.reword = order::RewordFor(kernel_),
                                                      .input = program_input_.get(),
                                                      .output = program_output_.get(),
                                                      .errors = errors_.get(),
                                                      .tables = tables_there_.get(),
                                                      .deadline = kDeadline});
  if (options.foretell) foretelling_.emplace(options.arch, *debugger_, memory_, kernel_.symbols);
  debugger_->Resume();
  carrier_ = std::thread([this] {
    outcome_ = session_->Run();
    program_output_.Reset();
    tables_there_.Reset();
  });
}

WatchedMachine::~WatchedMachine() {
  machine_->process.Signal(SIGKILL);
  if (carrier_.joinable()) carrier_.join();
  munmap(mapped_, mapped_bytes_);
}

std::optional<std::string> WatchedMachine::Line() {
  for (;;) {
    if (const size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    while (foretelling_.has_value() && debugger_->HasStopped(false)) PassDraw();
    std::array<pollfd, 2> ready{
        {{output_.get(), POLLIN, 0}, {foretelling_.has_value() ? debugger_->descriptor() : -1, POLLIN, 0}}};
    if (poll(ready.data(), ready.size(), kMomentMs) < 1) throw Failure("the audited program says nothing");
    if (ready[1].revents != 0) {
      PassDraw();
      continue;
    }
    std::array<char, 4096> buffer;
    const ssize_t got = read(output_.get(), buffer.data(), buffer.size());
    if (got <= 0) return std::nullopt;
    received_.append(buffer.data(), static_cast<size_t>(got));
  }
}

void WatchedMachine::PassDraw() {
  debugger_->AwaitStop();
  foretelling_->OnDraw();
}

// A machine that stops by itself just then has been told to stop in vain: it goes on, and is told again.
void WatchedMachine::Stop() {
  for (debugger_->Stop(); foretelling_.has_value() && foretelling_->IsDrawing(); debugger_->Stop()) foretelling_->OnDraw();
}

std::optional<std::string> WatchedMachine::Next() {
  constexpr std::string_view kMoment = "moment ";
  if (waiting_ && write(input_.get(), "\n", 1) != 1) throw SystemFailure("the audited program's input", errno);
  waiting_ = false;
  mappings_.clear();
  while (const std::optional<std::string> line = Line()) {
    if (line->starts_with(kMoment)) {
      waiting_ = true;
      return line->substr(kMoment.size());
    }
    if (const std::optional<Place> place = ParsePlace(*line)) places_.push_back(*place);
    if (const std::optional<Region> mapping = ParseMapping(*line)) mappings_.push_back(*mapping);
  }
  carrier_.join();
  if (!outcome_.exit.has_value() || outcome_.exit->cause != link::ExitCause::kExited || outcome_.exit->status != 0) {
    session_->SayTails();
    throw Failure(
        fmt::format("the audited program did not end as it should{}{}", outcome_.fault.empty() ? "" : ": ", outcome_.fault));
  }
  return std::nullopt;
}

Result<Walk> WatchedMachine::WalkNow(Diagnostics& diagnostics) {
  Debugger& registers = *debugger_;
  if (options_.arch == Arch::kX86_64) {
    return WalkTables(memory_,
                      X86Registers{.cr0 = registers.Register("cr0"),
                                   .cr3 = registers.Register("cr3"),
                                   .cr4 = registers.Register("cr4"),
                                   .efer = registers.Register("efer")},
                      diagnostics);
  }
  return WalkTables(memory_,
                    ArmRegisters{.ttbr0 = registers.Register("TTBR0_EL1"),
                                 .ttbr1 = registers.Register("TTBR1_EL1"),
                                 .tcr = registers.Register("TCR_EL1"),
                                 .mair = registers.Register("MAIR_EL1"),
                                 .sctlr = registers.Register("SCTLR_EL1")},
                    diagnostics);
}

Result<Finding> WatchedMachine::Examine(Bytes kernel, Diagnostics& diagnostics) {
  Finding finding{.walk = TRY(WalkNow(diagnostics)), .regions = {}, .verdict = {}};
  finding.regions = TRY(ReadKernelRegions(finding.walk, memory_, kernel, diagnostics));
  const std::vector<Region> segments = TRY(ReadImageSegments(finding.walk, kernel, diagnostics));
  finding.verdict = Judge(finding.walk, memory_,
                          {.regions = finding.regions, .segments = segments, .mappings = mappings_, .arch = options_.arch});
  return finding;
}

Finding WatchedMachine::Look() {
  for (int tries = 1;; tries++) {
    Stop();
    FirstDiagnostic diagnostic;
    Result<Finding> finding = Examine(kernel_.symbols, diagnostic);
    const bool done = (finding.ok() && IsQuiet(finding.value().verdict)) || tries == kQuietTries;
    if (done && foretelling_.has_value()) foretelling_->End();
    debugger_->Resume();
    if (done && !finding.ok())
      throw Failure(fmt::format("the machine cannot be audited: {} (at {:#x})", diagnostic.what(), diagnostic.offset()));
    if (done) return std::move(finding).value();
    std::this_thread::sleep_for(kQuietPause);
  }
}

// A fixed layout of the program is not drawn.
Foretold WatchedMachine::HoldAgainst(const Finding& finding, const std::string& moved) const {
  const bool drawn = options_.layout != "off";
  std::vector<Region> regions = finding.regions;
  for (Region& region : regions) {
    if (region.name != moved) continue;
    region.begin += kPageSize;
    region.end += kPageSize;
  }
  std::vector<Place> places = places_;
  for (Place& place : places) place.address += place.name == moved ? kPageSize : 0;
  return foretelling_->Judge(regions, drawn ? mappings_ : std::vector<Region>{}, places);
}

link::TablesRecord WatchedMachine::AskKernel() {
  link::TablesRecord record;
  pollfd ready{tables_.get(), POLLIN, 0};
  if (write(tables_.get(), "?", 1) == 1 && poll(&ready, 1, kMomentMs) == 1 &&
      read(tables_.get(), &record, sizeof(record)) == static_cast<ssize_t>(sizeof(record)))
    return record;
  if (carrier_.joinable()) carrier_.join();
  session_->SayTails();
  throw Failure("the machine ended when its kernel walked the page tables");
}

}  // namespace caponier::tool::audit
