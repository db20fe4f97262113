// The kernel, high at its random place: brings its parts up in the order in which they need each other, loads the program, runs it.
#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"
#include "kernel/drivers/link.h"
#include "kernel/drivers/rng.h"
#include "kernel/fs/console.h"
#include "kernel/fs/context.h"
#include "kernel/fs/path.h"
#include "kernel/loader/config.h"
#include "kernel/loader/load.h"
#include "kernel/loader/vdso.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/heap_records.h"
#include "kernel/mm/init.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/random/collect.h"
#include "kernel/random/random.h"
#include "kernel/random/seed_file.h"
#include "kernel/report/crash.h"
#include "kernel/report/run_report.h"
#include "kernel/sched/scheduler.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/dispatch.h"
#include "kernel/syscall/system.h"

namespace caponier::boot {
namespace {

using link::ExitCause;

constexpr std::string_view kTooSmallToStart = "not enough memory to start the program: give the machine more (--memory)";

void InitMemory() {
  // The identity mapping goes: where both halves hang from one root, it was in the tables stage 1 ran on.
  if constexpr (arch::kSharedRoot) arch::SetUserPageTable(g_handoff.kernel_root);
  mm::InitWindows();
  mm::InitKernelSpace(g_handoff);
  mm::InitFrames(g_handoff);
  kernel::random::Init(g_handoff.random);
}

void WatchGeneration() {
  constexpr u64 kIdBytes = 16;
  const PhysAddr place = g_handoff.info.vm_generation;
  if (place.value == 0) return;
  const Result<mm::KernelRegion> page = mm::MapExisting("vm generation", place, kIdBytes, {});
  if (page.ok()) kernel::random::WatchGeneration(reinterpret_cast<const volatile u64*>(page.value().data()));
}

// The archive becomes the root; its configuration says what to run.
loader::Config UnpackArchive() {
  const MemoryRange& archive = g_handoff.info.archive;
  if (archive.bytes == 0) report::Refuse(ExitCause::kRefused, "the machine was given no archive");
  Result<mm::KernelRegion> mapped = mm::MapExisting("archive", archive.base, archive.bytes, {.write = true});
  if (!mapped.ok()) report::Refuse(ExitCause::kRefused, "not enough memory for the archive: give the machine more (--memory)");
  FirstDiagnostic diagnostic;
  const MutableBytes bytes(mapped.value().data(), archive.bytes);
  constexpr std::string_view kTooSmall = "not enough memory for the files: give the machine more (--memory)";
  const Result<MutableBytes> records = fs::ReadConfiguration(bytes, diagnostic);
  if (!records.ok()) report::Refuse(ExitCause::kRefused, diagnostic.what().empty() ? kTooSmall : diagnostic.what());
  Result<loader::Config> config = loader::ParseConfig(records.value(), diagnostic);
  if (!config.ok()) report::Refuse(ExitCause::kRefused, diagnostic.what().empty() ? kTooSmall : diagnostic.what());
  sched::SetRealTime(config.value().epoch_ns);  // before the first file gets its times
  if (!fs::InitRoot(bytes, archive.base, diagnostic).ok())
    report::Refuse(ExitCause::kRefused, diagnostic.what().empty() ? kTooSmall : diagnostic.what());
  mm::UnmapRegion(mapped.value());
  return std::move(config).value();
}

[[noreturn]] void RefuseProgram(const loader::Config& config, Error error, const loader::Complaint& complaint) {
  if (error == Error::kNoMemory && complaint.needed_bytes == 0) report::Refuse(ExitCause::kRefused, kTooSmallToStart);
  InlineText<1024> line;
  Format(line, "{}: ", config.executable);
  complaint.Describe(line, error);
  report::Refuse(error == Error::kNotFound ? ExitCause::kNotFound : ExitCause::kNotExecutable, line.text());
}

template <typename T>
T Need(Result<T> result, std::string_view what) {
  if (!result.ok()) report::Refuse(ExitCause::kRefused, what);
  return std::move(result).value();
}

void StartProgram(const loader::Config& config) {
  constexpr std::string_view kTooSmall = kTooSmallToStart;
  auto* process = new (std::nothrow) sched::Process();
  if (process == nullptr) report::Refuse(ExitCause::kRefused, kTooSmall);
  process->files = Need(fs::Context::Create(), kTooSmall);
  if (!fs::MakeStandardFiles(*process->files, drivers::link::Console(), config.terminals).ok())
    report::Refuse(ExitCause::kRefused, kTooSmall);
  const Result<fs::Location> where = fs::Resolve(*process->files, process->files->root, config.working_directory);
  if (where.ok() && where.value().inode->is_directory()) {
    process->files->working = Ref<fs::Directory>::Share(where.value().inode->as_directory());
  } else {
    report::Refuse(ExitCause::kRefused, "the working directory does not exist in the machine (--workdir)");
  }
  if (config.memory.layout == mm::LayoutPolicy::kPacked)
    drivers::link::SendMessage("the program's layout is fixed: each address is the same in every run (--layout off)");
  if (config.memory.wx == mm::WxPolicy::kOff) {
    arch::AllowWritableCode();
    drivers::link::SendMessage("the program may execute what it can write (--wx off)");
  }
  loader::Complaint complaint;
  Result<loader::Loaded> loaded = loader::LoadProgram(
      *process->files, {config.executable, config.arguments[0], config.arguments, config.environment}, config.memory, complaint);
  if (!loaded.ok()) RefuseProgram(config, loaded.error(), complaint);
  sched::Thread* thread = Need(loader::StartThread(*process, std::move(loaded).value(), config.executable), kTooSmall);
  drivers::link::SetProgram(process);
  sched::MakeReady(*thread);
}

}  // namespace

extern "C" [[noreturn]] void KernelMain() {
  report::RunPhases().kernel_entry = arch::CycleCounter();
  InitMemory();
  arch::InitCpu();
  mm::InitHeap();
  if (!arch::InitInterrupts().ok()) report::Panic("the interrupt controller cannot be mapped");
  WatchGeneration();
#if defined(__x86_64__)
  if (g_handoff.info.serve_draws) ServeDraws();
#endif
  constexpr std::string_view kNoLink = "the link to the tool does not come up";
  if (!drivers::link::Init(g_handoff.info).ok()) report::Panic(kNoLink);
  report::RunPhases().link_asked = arch::CycleCounter();
  if (!drivers::link::Open().ok()) report::Panic(kNoLink);
  report::RunPhases().link_open = arch::CycleCounter();
  drivers::StartRng(g_handoff.info);
  const loader::Config config = UnpackArchive();
  if (config.record_kernel_heap) mm::StartHeapRecords();
  drivers::link::SetWindow(config.rows, config.columns);
  if (!config.collect_source.empty()) kernel::random::CollectRaw(config.collect_source, config.collect_count);
  kernel::random::TakeLauncherSeed(config.seed);
  kernel::random::WantSeedFile(config.seed_file);
  report::WantReport(config.report);
  syscall::SetTrace(config.trace);
  syscall::SetHostName(config.hostname);
  report::RunPhases().kernel_ready = arch::CycleCounter();
  StartProgram(config);
  loader::PublishClock();
  report::RunPhases().program_entry = arch::CycleCounter();
  sched::Start();
}

}  // namespace caponier::boot
