// Structures in strace's notation, one Text for each.
#include "lib/linux_abi/trace_structs.h"

#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::linux_abi::internal {
namespace {

CAPONIER_ABI_NAME_TABLE(kPollEvents, CAPONIER_LINUX_POLL_EVENTS)
CAPONIER_ABI_NAME_TABLE(kEpollEvents, CAPONIER_LINUX_EPOLL_EVENTS)
CAPONIER_ABI_NAME_TABLE(kSigactionFlags, CAPONIER_LINUX_SIGACTION_FLAGS)
CAPONIER_ABI_NAME_TABLE(kStackFlags, CAPONIER_LINUX_SIGALTSTACK_FLAGS)
CAPONIER_ABI_NAME_TABLE(kFileSystems, CAPONIER_LINUX_FILE_SYSTEM_MAGIC)
CAPONIER_ABI_NAME_TABLE(kResolveFlags, CAPONIER_LINUX_RESOLVE_FLAGS)
CAPONIER_ABI_NAME_TABLE(kNotifies, CAPONIER_LINUX_SIGEV_NOTIFY)

void NamedOrHex(Writer& out, const NameTable& table, u64 value) {
  std::string_view name = NameOf(table, value);
  if (name.empty()) {
    out.Hex(value);
  } else {
    out.Write(name);
  }
}

template <typename Timer>
void TimerText(Writer& out, const Timer& timer) {
  out.Write("{it_interval=");
  Text(out, timer.interval);
  out.Write(", it_value=");
  Text(out, timer.value);
  out.Write("}");
}

void Device(Writer& out, u64 device) { Format(out, "makedev({:#x}, {:#x})", DeviceMajor(device), DeviceMinor(device)); }

template <typename Stat>
void StatText(Writer& out, const Stat& stat) {
  out.Write("{st_mode=");
  FileMode(out, stat.mode);
  u32 type = stat.mode & kS_IFMT;
  if (type == kS_IFCHR || type == kS_IFBLK) {
    out.Write(", st_rdev=");
    Device(out, stat.rdev);
  } else {
    Format(out, ", st_size={}", stat.size);
  }
  out.Write(", ...}");
}

void LimitText(Writer& out, u64 limit) {
  if (limit == kRLIM64_INFINITY) return out.Write("RLIM64_INFINITY");
  if (limit > 1024 && limit % 1024 == 0) return Format(out, "{}*1024", limit / 1024);
  out.Unsigned(limit);
}

std::string_view Field(const char (&text)[65]) {
  size_t length = 0;
  while (length < sizeof(text) && text[length] != '\0') length++;
  return {text, length};
}

template <typename Event>
void EpollText(Writer& out, const Event& event) {
  out.Write("{events=");
  FlagsText(out, kEpollEvents, event.events);
  u64 data = event.data;
  Format(out, ", data={{u32={}, u64={}}}}}", static_cast<u32>(data), data);
}

}  // namespace

// --- time ----------------------------------------------------------------------------------------------------------------------
void Text(Writer& out, const Timespec& time) { ClockedTime(out, time); }
void Text(Writer& out, const Timeval& time) { Format(out, "{{tv_sec={}, tv_usec={}}}", time.sec, time.usec); }
void Text(Writer& out, const Itimerspec& timer) { TimerText(out, timer); }
void Text(Writer& out, const Itimerval& timer) { TimerText(out, timer); }
void Text(Writer& out, const Tms& times) {
  Format(out, "{{tms_utime={}, tms_stime={}, tms_cutime={}, tms_cstime={}}}", times.utime, times.stime, times.cutime,
         times.cstime);
}

// --- files ---------------------------------------------------------------------------------------------------------------------

void Text(Writer& out, const x86_64::Stat& stat) { StatText(out, stat); }
void Text(Writer& out, const aarch64::Stat& stat) { StatText(out, stat); }

void Text(Writer& out, const Statx& stat) {
  out.Write("{stx_mask=");
  (void)WriteScalar(out, Argument::kStatxMask, stat.mask, native::kArch);
  out.Write(", stx_attributes=");
  out.Hex(stat.attributes);
  out.Write(", stx_mode=");
  FileMode(out, stat.mode);
  Format(out, ", stx_size={}, ...}}", stat.size);
}
void Text(Writer& out, const Statfs& fs) {
  out.Write("{f_type=");
  NamedOrHex(out, kFileSystems, static_cast<u64>(fs.type));
  Format(out, ", f_bsize={}, f_blocks={}, f_bfree={}, f_bavail={}, f_files={}, f_ffree={}, f_fsid={{val=[", fs.bsize, fs.blocks,
         fs.bfree, fs.bavail, fs.files, fs.ffree);
  out.Hex(static_cast<u32>(fs.fsid[0]));
  out.Write(", ");
  out.Hex(static_cast<u32>(fs.fsid[1]));
  Format(out, "]}}, f_namelen={}, f_frsize={}, f_flags=", fs.namelen, fs.frsize);
  out.Hex(static_cast<u64>(fs.flags));
  out.Write("}");
}
void OpenHowText(Writer& out, u64 address, Arch arch) {
  OpenHow how;
  if (!out.Load(address, &how)) return out.Address(address);
  out.Write("{flags=");
  OpenFlags(out, how.flags, arch);
  if (how.mode != 0) {
    out.Write(", mode=");
    out.Octal(how.mode, 3);
  }
  out.Write(", resolve=");
  FlagsText(out, kResolveFlags, how.resolve);
  out.Write("}");
}

// --- processes -----------------------------------------------------------------------------------------------------------------
void Text(Writer& out, const Rlimit64& limit) {
  out.Write("{rlim_cur=");
  LimitText(out, limit.cur);
  out.Write(", rlim_max=");
  LimitText(out, limit.max);
  out.Write("}");
}
void Text(Writer& out, const Rusage& usage) {
  out.Write("{ru_utime=");
  Text(out, usage.utime);
  out.Write(", ru_stime=");
  Text(out, usage.stime);
  out.Write(", ...}");
}
void Text(Writer& out, const Utsname& name) {
  out.Write("{sysname=");
  Quoted(out, Field(name.sysname), false);
  out.Write(", nodename=");
  Quoted(out, Field(name.nodename), false);
  out.Write(", ...}");
}
void Text(Writer& out, const Sysinfo& info) {
  Format(out, "{{uptime={}, loads=[{}, {}, {}], totalram={}, freeram={}, sharedram={}, bufferram={}, ", info.uptime,
         info.loads[0], info.loads[1], info.loads[2], info.totalram, info.freeram, info.sharedram, info.bufferram);
  Format(out, "totalswap={}, freeswap={}, procs={}, totalhigh={}, freehigh={}, mem_unit={}}}", info.totalswap, info.freeswap,
         info.procs, info.totalhigh, info.freehigh, info.mem_unit);
}

// --- signals -------------------------------------------------------------------------------------------------------------------
void Text(Writer& out, const Sigaction& action) {
  out.Write("{sa_handler=");
  if (action.handler == kSigDfl) {
    out.Write("SIG_DFL");
  } else if (action.handler == kSigIgn) {
    out.Write("SIG_IGN");
  } else {
    out.Hex(action.handler);
  }
  out.Write(", sa_mask=");
  SignalSet(out, action.mask);
  out.Write(", sa_flags=");
  FlagsText(out, kSigactionFlags, action.flags);
  if ((action.flags & kSA_RESTORER) != 0) {
    out.Write(", sa_restorer=");
    out.Address(action.restorer);
  }
  out.Write("}");
}
void Text(Writer& out, const StackT& stack) {
  out.Write("{ss_sp=");
  out.Address(stack.sp);
  out.Write(", ss_flags=");
  FlagsText(out, kStackFlags, static_cast<u32>(stack.flags));
  Format(out, ", ss_size={}}}", stack.size);
}
void Text(Writer& out, const Sigevent& event) {
  out.Write("{");
  if (event.value != 0) {
    Format(out, "sigev_value={{sival_int={}, sival_ptr={:#x}}}, ", static_cast<i32>(event.value), event.value);
  }
  out.Write("sigev_signo=");
  SignalText(out, static_cast<u32>(event.signo));
  out.Write(", sigev_notify=");
  NamedOrHex(out, kNotifies, static_cast<u32>(event.notify));
  if (event.notify == kSIGEV_THREAD_ID) Format(out, ", sigev_notify_thread_id={}", event.tid);
  out.Write("}");
}

// --- events --------------------------------------------------------------------------------------------------------------------
void Text(Writer& out, const x86_64::EpollEvent& event) { EpollText(out, event); }
void Text(Writer& out, const aarch64::EpollEvent& event) { EpollText(out, event); }
void Text(Writer& out, const PollRequest& request) {
  Format(out, "{{fd={}", request.entry.fd);
  if (request.entry.fd >= 0) {
    out.Write(", events=");
    FlagsText(out, kPollEvents, static_cast<u16>(request.entry.events));
  }
  out.Write("}");
}
void PollResult(Writer& out, const Pollfd& entry) {
  Format(out, "{{fd={}, revents=", entry.fd);
  FlagsText(out, kPollEvents, static_cast<u16>(entry.revents));
  out.Write("}");
}

}  // namespace caponier::linux_abi::internal
