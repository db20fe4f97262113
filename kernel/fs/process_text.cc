// The texts of /proc/PID.
#include <algorithm>

#include "kernel/fs/context.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/process_tree.h"
#include "kernel/fs/text_node.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {

using namespace linux_abi;

namespace {

constexpr u64 kTickNs = 1'000'000'000 / kClockTicksPerSecond;
constexpr u64 kPageKb = kPageSize / 1024;

// What a text is about: the file's subject is a thread's or a process's id.
struct Subject {
  sched::Process* process;
  sched::Thread* thread;  // the main one for a process, null once that ended
};

Result<Subject> SubjectOf(u64 id) {
  const i32 number = static_cast<i32>(id);
  if (sched::Thread* thread = FindThread(number)) return Subject{thread->process, thread};
  if (sched::Process* process = FindProcess(number)) return Subject{process, nullptr};
  return Error::kNoProcess;
}

std::string_view NameOf(const Subject& of) {
  const sched::Thread* thread = of.thread != nullptr ? of.thread : &sched::CurrentThread();
  return {thread->name, static_cast<size_t>(std::find(thread->name, std::end(thread->name), '\0') - thread->name)};
}

char StateOf(const Subject& of) {
  if (of.thread == nullptr) return 'Z';
  return of.thread->state == sched::ThreadState::kBlocked ? 'S' : 'R';
}

// Pages by what they are for.
struct MemorySums {
  u64 total = 0, data = 0, stack = 0, executable = 0, library = 0;
};
MemorySums SumsOf(const sched::Process& process) {
  MemorySums sums;
  for (const mm::Mapping& mapping : process.memory->mappings()) {
    const u64 pages = mapping.bytes() >> kPageBits;
    sums.total += pages;
    if (mapping.purpose == mm::Purpose::kStack) sums.stack += pages;
    else if (mapping.protection.execute && mapping.purpose == mm::Purpose::kImage) sums.executable += pages;
    else if (mapping.protection.execute) sums.library += pages;
    else if (mapping.protection.write && !mapping.shared) sums.data += pages;
  }
  return sums;
}

Result<void> WriteComm(TextSink& sink, u64 id) {
  Format(sink, "{}\n", NameOf(TRY(SubjectOf(id))));
  return {};
}

Result<void> TakeComm(std::string_view text, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  if (of.thread == nullptr) return Error::kNoProcess;
  if (text.ends_with('\n')) text.remove_suffix(1);
  const size_t length = std::min(text.size(), sizeof(of.thread->name) - 1);
  __builtin_memset(of.thread->name, 0, sizeof(of.thread->name));
  __builtin_memcpy(of.thread->name, text.data(), length);
  return {};
}

Result<void> WriteStatm(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  const MemorySums sums = SumsOf(*of.process);
  Format(sink, "{} {} 0 {} 0 {} 0\n", sums.total, of.process->memory->resident_pages(), sums.executable, sums.data + sums.stack);
  return {};
}

Result<void> WriteStat(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  sched::Process& process = *of.process;
  const bool whole = id == static_cast<u64>(process.pid);
  const u64 ticks = (whole || of.thread == nullptr ? sched::CpuTimeNs(process) : sched::CpuTimeNs(*of.thread)) / kTickNs;
  const u64 started = (of.thread != nullptr ? of.thread->started_ns : process.started_ns) / kTickNs;
  const MemorySums sums = SumsOf(process);
  // pid comm state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime priority nice threads
  Format(sink, "{} ({}) {} {} {} {} 0 -1 4194304 0 0 0 0 {} 0 0 0 {} {} {} 0 {} ", id, NameOf(of), StateOf(of),
         process.parent_pid, process.pid, process.pid, ticks, 20 + process.nice, process.nice, process.threads.size(), started);
  // vsize rss rsslim startcode endcode startstack kstkesp kstkeip signal blocked sigignore sigcatch
  u64 code_begin = 0, code_end = 0;
  for (const mm::Mapping& mapping : process.memory->mappings()) {
    if (mapping.purpose != mm::Purpose::kImage || !mapping.protection.execute) continue;
    if (code_begin == 0) code_begin = mapping.begin;
    code_end = mapping.end;
  }
  Format(sink, "{} {} 18446744073709551615 {} {} {} 0 0 0 0 0 0 ", sums.total << kPageBits, process.memory->resident_pages(),
         code_begin, code_end, process.arguments_begin);
  // wchan nswap cnswap exit_signal processor rt_priority policy blkio guest cguest, data and brk bounds, arguments, environment
  Format(sink, "0 0 0 17 0 0 0 0 0 0 0 0 0 {} {} {} {} 0\n", process.arguments_begin, process.arguments_end,
         process.environment_begin, process.environment_end);
  return {};
}

void WriteIds(TextSink& sink, std::string_view label, const sched::Identity& id) {
  Format(sink, "{}\t{}\t{}\t{}\t{}\n", label, id.real, id.effective, id.saved, id.filesystem);
}

void WriteKb(TextSink& sink, std::string_view label, u64 kilobytes) { Format(sink, "{}\t{:8} kB\n", label, kilobytes); }

void WriteSet(TextSink& sink, std::string_view label, u64 set) { Format(sink, "{}\t{:016x}\n", label, set); }

Result<void> WriteStatus(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  const sched::Process& process = *of.process;
  const char state = StateOf(of);
  Format(sink, "Name:\t{}\nUmask:\t", NameOf(of));
  const u32 umask = process.files ? process.files->umask : 0;
  Format(sink, "{}{}{}{}\n", 0, umask >> 6 & 7, umask >> 3 & 7, umask & 7);
  Format(sink, "State:\t{} ({})\nTgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\nTracerPid:\t0\n", state,
         state == 'R'   ? "running"
         : state == 'S' ? "sleeping"
                        : "zombie",
         process.pid, id, process.parent_pid);
  WriteIds(sink, "Uid:", process.credentials.user);
  WriteIds(sink, "Gid:", process.credentials.group);
  Format(sink, "FDSize:\t{}\nGroups:\t", std::max<size_t>(64, process.files ? process.files->table_size() : 0));
  for (u32 i = 0; i < process.credentials.group_count; i++) Format(sink, "{} ", process.credentials.groups[i]);
  Format(sink, "{}\nNStgid:\t{}\nNSpid:\t{}\nNSpgid:\t{}\nNSsid:\t{}\n", process.credentials.group_count == 0 ? " " : "",
         process.pid, id, process.pid, process.pid);
  const MemorySums sums = SumsOf(process);
  const u64 resident = process.memory->resident_pages();
  WriteKb(sink, "VmPeak:", sums.total * kPageKb);
  WriteKb(sink, "VmSize:", sums.total * kPageKb);
  WriteKb(sink, "VmLck:", 0);
  WriteKb(sink, "VmPin:", 0);
  WriteKb(sink, "VmHWM:", resident * kPageKb);
  WriteKb(sink, "VmRSS:", resident * kPageKb);
  WriteKb(sink, "RssAnon:", resident * kPageKb);
  WriteKb(sink, "RssFile:", 0);
  WriteKb(sink, "RssShmem:", 0);
  WriteKb(sink, "VmData:", sums.data * kPageKb);
  WriteKb(sink, "VmStk:", sums.stack * kPageKb);
  WriteKb(sink, "VmExe:", sums.executable * kPageKb);
  WriteKb(sink, "VmLib:", sums.library * kPageKb);
  WriteKb(sink, "VmPTE:", 0);
  WriteKb(sink, "VmSwap:", 0);
  WriteKb(sink, "HugetlbPages:", 0);
  u64 ignored = 0, caught = 0;
  for (int signal = 1; signal <= sched::kSignalCount; signal++) {
    const u64 handler = process.signals.actions[signal - 1].handler;
    if (handler == sched::kHandlerIgnore) ignored |= sched::SignalBit(signal);
    else if (handler != sched::kHandlerDefault) caught |= sched::SignalBit(signal);
  }
  Format(sink, "CoreDumping:\t0\nTHP_enabled:\t0\nThreads:\t{}\nSigQ:\t{}/{}\n", process.threads.size(),
         process.signals.pending.queued(), process.limits.of[kRLIMIT_SIGPENDING].soft);
  WriteSet(sink, "SigPnd:", of.thread != nullptr ? of.thread->signals.pending.set() : 0);
  WriteSet(sink, "ShdPnd:", process.signals.pending.set());
  WriteSet(sink, "SigBlk:", of.thread != nullptr ? of.thread->signals.blocked : 0);
  WriteSet(sink, "SigIgn:", ignored);
  WriteSet(sink, "SigCgt:", caught);
  WriteSet(sink, "CapInh:", process.credentials.inheritable);
  WriteSet(sink, "CapPrm:", process.credentials.permitted);
  WriteSet(sink, "CapEff:", process.credentials.effective);
  WriteSet(sink, "CapBnd:", process.credentials.bounding);
  WriteSet(sink, "CapAmb:", process.credentials.ambient);
  Format(sink, "NoNewPrivs:\t{}\nSeccomp:\t0\nSeccomp_filters:\t0\n", process.no_new_privileges ? 1 : 0);
  sink.Write("Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
  const sched::Thread* thread = of.thread;
  Format(sink, "voluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t{}\n",
         thread != nullptr ? thread->voluntary_switches : 0, thread != nullptr ? thread->involuntary_switches : 0);
  return {};
}

// Bytes of the program's own memory, as they are now. Only the running program's can be read.
Result<void> WriteMemory(TextSink& sink, const sched::Process& process, u64 begin, u64 end) {
  if (&process != sched::CurrentThread().process) return {};
  char piece[256];
  while (begin < end) {
    const u64 bytes = std::min<u64>(sizeof(piece), end - begin);
    if (!mm::CopyFromUser(std::as_writable_bytes(std::span(piece, bytes)), begin).ok()) return {};
    sink.Write({piece, bytes});
    begin += bytes;
  }
  return {};
}

Result<void> WriteArguments(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  return WriteMemory(sink, *of.process, of.process->arguments_begin, of.process->arguments_end);
}
Result<void> WriteEnvironment(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  return WriteMemory(sink, *of.process, of.process->environment_begin, of.process->environment_end);
}
Result<void> WriteAuxiliaryVector(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  if (of.process->files) sink.Write(AsText(std::as_bytes(std::span<const u64>(of.process->files->auxiliary_vector))));
  return {};
}

Result<void> WriteMapsOf(TextSink& sink, u64 id) { return WriteMaps(sink, *TRY(SubjectOf(id)).process); }

Result<void> WriteControlGroup(TextSink& sink, u64) {
  sink.Write("0::/\n");
  return {};
}

Result<void> WriteZero(TextSink& sink, u64) {
  sink.Write("0\n");
  return {};
}

Result<void> WriteLimits(TextSink& sink, u64 id) {
  const Subject of = TRY(SubjectOf(id));
  constexpr struct {
    std::string_view name, unit;
    int resource;
  } kLines[] = {
      {"Max cpu time", "seconds", kRLIMIT_CPU},         {"Max file size", "bytes", kRLIMIT_FSIZE},
      {"Max data size", "bytes", kRLIMIT_DATA},         {"Max stack size", "bytes", kRLIMIT_STACK},
      {"Max core file size", "bytes", kRLIMIT_CORE},    {"Max resident set", "bytes", kRLIMIT_RSS},
      {"Max processes", "processes", kRLIMIT_NPROC},    {"Max open files", "files", kRLIMIT_NOFILE},
      {"Max locked memory", "bytes", kRLIMIT_MEMLOCK},  {"Max address space", "bytes", kRLIMIT_AS},
      {"Max file locks", "locks", kRLIMIT_LOCKS},       {"Max pending signals", "signals", kRLIMIT_SIGPENDING},
      {"Max msgqueue size", "bytes", kRLIMIT_MSGQUEUE}, {"Max nice priority", "", kRLIMIT_NICE},
      {"Max realtime priority", "", kRLIMIT_RTPRIO},    {"Max realtime timeout", "us", kRLIMIT_RTTIME},
  };
  Format(sink, "{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
  for (const auto& line : kLines) {
    const sched::Limit& limit = of.process->limits.of[line.resource];
    InlineText<24> soft, hard;
    limit.soft == kRLIM64_INFINITY ? soft.Write("unlimited") : Format(soft, "{}", limit.soft);
    limit.hard == kRLIM64_INFINITY ? hard.Write("unlimited") : Format(hard, "{}", limit.hard);
    Format(sink, "{:<25} {:<20} {:<20} {:<10}\n", line.name, soft.text(), hard.text(), line.unit);
  }
  return {};
}

std::string_view MappedName(const mm::Mapping& mapping) {
  if (mapping.source && !mapping.source->mapped_name().empty()) return mapping.source->mapped_name();
  switch (mapping.purpose) {
    case mm::Purpose::kStack: return "[stack]";
    case mm::Purpose::kHeap: return "[heap]";
    case mm::Purpose::kVdso: return "[vdso]";
    case mm::Purpose::kVvar: return "[vvar]";
    default: return {};
  }
}

}  // namespace

Result<void> WriteMaps(TextSink& sink, const sched::Process& process) {
  // Linux pads to where a name begins when there is one: 25 columns and six words of eight.
  constexpr size_t kNameColumn = 73;
  const u64 device = RootFileSystem().device;
  for (const mm::Mapping& mapping : process.memory->mappings()) {
    InlineText<128> line;
    const mm::Protection& allowed = mapping.protection;
    const bool file = mapping.source && mapping.source->inode_number() != 0;
    Format(line, "{:08x}-{:08x} {}{}{}{} {:08x} ", mapping.begin, mapping.end, allowed.read ? 'r' : '-',
           allowed.write ? 'w' : '-', allowed.execute ? 'x' : '-', mapping.shared ? 's' : 'p',
           file ? mapping.source_page << kPageBits : 0);
    Format(line, "{:02x}:{:02x} {} ", file ? DeviceMajor(device) : 0, file ? DeviceMinor(device) : 0,
           file ? mapping.source->inode_number() : 0);
    const std::string_view name = MappedName(mapping);
    if (!name.empty()) {
      while (line.text().size() < kNameColumn) line.Write(" ");
    }
    sink.Write(line.text());
    sink.Write(name);
    sink.Write("\n");
  }
  return {};
}

Result<void> WriteMounts(TextSink& sink, u64) {
  for (const FileSystem* mounted : MountedFileSystems()) {
    Format(sink, "{} {} {} rw,relatime 0 0\n", mounted->name, mounted->mount_point, mounted->name);
  }
  return {};
}

Result<void> WriteMountInfo(TextSink& sink, u64) {
  constexpr int kFirst = 20;
  int id = kFirst;
  for (const FileSystem* mounted : MountedFileSystems()) {
    Format(sink, "{} {} {}:{} / {} rw,relatime - {} {} rw\n", id, id == kFirst ? 1 : kFirst, DeviceMajor(mounted->device),
           DeviceMinor(mounted->device), mounted->mount_point, mounted->name, mounted->name);
    id++;
  }
  return {};
}

Result<void> AddProcessTexts(Directory& directory, i32 id, bool whole) {
  constexpr struct {
    std::string_view name;
    TextMaker maker;
    u32 mode = 0444;
    bool of_threads = true;
    TextTaker taker = nullptr;
  } kFiles[] = {
      {"stat", WriteStat},
      {"status", WriteStatus},
      {"statm", WriteStatm},
      {"comm", WriteComm, 0644, true, TakeComm},
      {"maps", WriteMapsOf},
      {"cmdline", WriteArguments},
      {"environ", WriteEnvironment, 0400},
      {"auxv", WriteAuxiliaryVector, 0400},
      {"limits", WriteLimits},
      {"cgroup", WriteControlGroup},
      {"mounts", WriteMounts},
      {"mountinfo", WriteMountInfo},
      {"oom_score", WriteZero},
      {"oom_score_adj", WriteZero, 0644, false},
  };
  for (const auto& file : kFiles) {
    if (whole || file.of_threads) TRY(AddText(directory, file.name, file.maker, static_cast<u64>(id), file.mode, file.taker));
  }
  return {};
}

}  // namespace caponier::fs
