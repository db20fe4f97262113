// The texts of /proc that are about the machine, and /proc/sys.
#include <algorithm>

#include "kernel/arch/machine.h"
#include "kernel/fs/context.h"
#include "kernel/fs/process_tree.h"
#include "kernel/fs/text_node.h"
#include "kernel/mm/frames.h"
#include "kernel/random/random.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/system.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

constexpr u64 kSecond = 1'000'000'000;

Result<void> WriteMemoryInfo(TextSink& sink, u64) {
  constexpr u64 kPageKb = kPageSize / 1024;
  const u64 total = mm::TotalFrames() * kPageKb, free = mm::FreeFrames() * kPageKb;
  const auto line = [&sink](std::string_view name, u64 kilobytes) { Format(sink, "{:<15} {:8} kB\n", name, kilobytes); };
  line("MemTotal:", total);
  line("MemFree:", free);
  line("MemAvailable:", free);
  for (const std::string_view name :
       {"Buffers:",      "Cached:",         "SwapCached:",  "Active:",       "Inactive:",     "Active(anon):", "Inactive(anon):",
        "Active(file):", "Inactive(file):", "Unevictable:", "Mlocked:",      "SwapTotal:",    "SwapFree:",     "Dirty:",
        "Writeback:",    "AnonPages:",      "Mapped:",      "Shmem:",        "KReclaimable:", "Slab:",         "SReclaimable:",
        "SUnreclaim:",   "KernelStack:",    "PageTables:",  "NFS_Unstable:", "Bounce:",       "WritebackTmp:"}) {
    line(name, 0);
  }
  line("CommitLimit:", total);
  line("Committed_AS:", total - free);
  return {};
}

Result<void> WriteCpuInfo(TextSink& sink, u64) {
  arch::DescribeCpu(sink);
  return {};
}

u64 BusyNs() {
  sched::Process* process = sched::CurrentThread().process;
  return process == nullptr ? 0 : sched::CpuTimeNs(*process);
}

Result<void> WriteStatistics(TextSink& sink, u64) {
  constexpr u64 kTick = kSecond / linux_abi::kClockTicksPerSecond;
  const u64 up = arch::NowNs(), busy = BusyNs(), idle = up > busy ? up - busy : 0;
  for (const std::string_view name : {"cpu ", "cpu0"})
    Format(sink, "{} {} 0 0 {} 0 0 0 0 0 0\n", name, busy / kTick, idle / kTick);
  Format(sink, "intr 0\nctxt 0\nbtime {}\nprocesses 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
         sched::RealTimeOffsetNs() / kSecond);
  return {};
}

void WriteHundredths(TextSink& sink, u64 ns) {
  const u64 hundredths = ns / (kSecond / 100);
  Format(sink, "{}.{:02}", hundredths / 100, hundredths % 100);
}

Result<void> WriteUptime(TextSink& sink, u64) {
  const u64 up = arch::NowNs(), busy = BusyNs();
  WriteHundredths(sink, up);
  sink.Write(" ");
  WriteHundredths(sink, up > busy ? up - busy : 0);
  sink.Write("\n");
  return {};
}

Result<void> WriteLoad(TextSink& sink, u64) {
  const sched::Process* process = sched::CurrentThread().process;
  Format(sink, "0.00 0.00 0.00 1/{} {}\n", process == nullptr ? 1 : process->threads.size(),
         process == nullptr ? 1 : process->pid);
  return {};
}

Result<void> WriteVersion(TextSink& sink, u64) {
  Format(sink, "Linux version {} (caponier) {}\n", syscall::kKernelRelease, syscall::kKernelVersion);
  return {};
}

Result<void> WriteFileSystems(TextSink& sink, u64) {
  sink.Write("nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\n");
  return {};
}

Result<void> WriteCommandLine(TextSink& sink, u64) {
  sink.Write("\n");
  return {};
}

// A version-4 UUID of fresh randomness [rfc9562] section 5.4.
Result<void> WriteUuid(TextSink& sink) {
  u8 id[16];
  TRY(kernel::random::Fill(std::as_writable_bytes(std::span(id))));
  id[6] = static_cast<u8>((id[6] & 0x0f) | 0x40);
  id[8] = static_cast<u8>((id[8] & 0x3f) | 0x80);
  for (size_t i = 0; i < sizeof(id); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) sink.Write("-");
    Format(sink, "{:02x}", id[i]);
  }
  sink.Write("\n");
  return {};
}

Result<void> WriteFreshUuid(TextSink& sink, u64) { return WriteUuid(sink); }
// Drawn at the first read, the same ever after.
Result<void> WriteBootId(TextSink& sink, u64) {
  static InlineText<40> id;
  if (id.text().empty()) TRY(WriteUuid(id));
  sink.Write(id.text());
  return {};
}

Result<void> WriteHostName(TextSink& sink, u64) {
  Format(sink, "{}\n", syscall::HostName());
  return {};
}
Result<void> WriteRelease(TextSink& sink, u64) {
  Format(sink, "{}\n", syscall::kKernelRelease);
  return {};
}
Result<void> WriteKernelVersion(TextSink& sink, u64) {
  Format(sink, "{}\n", syscall::kKernelVersion);
  return {};
}
Result<void> WriteSystemType(TextSink& sink, u64) {
  sink.Write("Linux\n");
  return {};
}
// A number that stands for itself.
Result<void> WriteNumber(TextSink& sink, u64 number) {
  Format(sink, "{}\n", number);
  return {};
}

constexpr u64 kMaxGroups = 65536, kMaxPid = 4'194'304, kLastCapability = 40, kScatter = 2;
constexpr TreeEntry kTree[] = {
    {0, "meminfo", 0444, WriteMemoryInfo},
    {0, "cpuinfo", 0444, WriteCpuInfo},
    {0, "stat", 0444, WriteStatistics},
    {0, "uptime", 0444, WriteUptime},
    {0, "loadavg", 0444, WriteLoad},
    {0, "version", 0444, WriteVersion},
    {0, "filesystems", 0444, WriteFileSystems},
    {0, "cmdline", 0444, WriteCommandLine},
    {0, "sys", 0555},
    {1, "kernel", 0555},
    {2, "osrelease", 0444, WriteRelease},
    {2, "ostype", 0444, WriteSystemType},
    {2, "version", 0444, WriteKernelVersion},
    {2, "hostname", 0444, WriteHostName},
    {2, "ngroups_max", 0444, WriteNumber, kMaxGroups},
    {2, "pid_max", 0444, WriteNumber, kMaxPid},
    {2, "cap_last_cap", 0444, WriteNumber, kLastCapability},
    {2, "randomize_va_space", 0444, WriteNumber, kScatter},
    {2, "threads-max", 0444, WriteNumber, 4096},
    {2, "random", 0555},
    {3, "boot_id", 0444, WriteBootId},
    {3, "uuid", 0444, WriteFreshUuid},
    {3, "entropy_avail", 0444, WriteNumber, 256},
    {3, "poolsize", 0444, WriteNumber, 256},
    {1, "vm", 0555},
    {2, "overcommit_memory", 0444, WriteNumber, 0},
    {2, "max_map_count", 0444, WriteNumber, 65530},
    {2, "mmap_min_addr", 0444, WriteNumber, 65536},
    {2, "swappiness", 0444, WriteNumber, 60},
    {1, "fs", 0555},
    {2, "file-max", 0444, WriteNumber, 0x7fff'ffff'ffff'ffff},
    {2, "nr_open", 0444, WriteNumber, kDescriptorLimitHard},
    {2, "pipe-max-size", 0444, WriteNumber, 1'048'576},
};
static_assert(std::ranges::all_of(kTree, [](const TreeEntry& entry) { return entry.level < kTreeLevels; }));

}  // namespace

Result<void> AddMachineTexts(const Ref<Directory>& root) { return AddTree(root, kTree); }

}  // namespace caponier::fs
