// The machine as a whole: its name, its memory.
#include "kernel/syscall/system.h"

#include <algorithm>

#include "kernel/mm/frames.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

constexpr size_t kNameBytes = 64;  // __NEW_UTS_LEN

struct Name {
  char text[kNameBytes + 1] = {};
  size_t length = 0;
  std::string_view view() const { return {text, length}; }
  void Set(std::string_view name) {
    length = std::min(name.size(), kNameBytes);
    __builtin_memset(text, 0, sizeof(text));
    __builtin_memcpy(text, name.data(), length);
  }
};
constinit Name g_host_name{"caponier", 8};
constinit Name g_domain_name{"(none)", 6};

void Put(char (&field)[65], std::string_view text) { __builtin_memcpy(field, text.data(), std::min(text.size(), kNameBytes)); }

Result<i64> SetName(Call& call, Name& name) {
  if (call.process().user_id != 0) return Error::kNotPermitted;
  if (call.Int(1) < 0 || call.Unsigned(1) > kNameBytes) return Error::kInvalidArgument;
  char text[kNameBytes];
  TRY(mm::CopyFromUser(std::as_writable_bytes(std::span(text, call.Unsigned(1))), call[0]));
  name.Set({text, call.Unsigned(1)});
  return 0;
}

}  // namespace

void SetHostName(std::string_view name) { g_host_name.Set(name); }
std::string_view HostName() { return g_host_name.view(); }

Result<i64> SysUname(Call& call) {
  Utsname names;
  Put(names.sysname, "Linux");
  Put(names.nodename, g_host_name.view());
  Put(names.release, kKernelRelease);
  Put(names.version, kKernelVersion);
  Put(names.machine, native::kMachineName);
  Put(names.domainname, g_domain_name.view());
  TRY(mm::WriteUser(call[0], names));
  return 0;
}

Result<i64> SysSethostname(Call& call) { return SetName(call, g_host_name); }
Result<i64> SysSetdomainname(Call& call) { return SetName(call, g_domain_name); }

Result<i64> SysSysinfo(Call& call) {
  constexpr u64 kLoadScale = 65536;  // SI_LOAD_SHIFT; the program is the load
  const Sysinfo info{.uptime = static_cast<i64>(arch::NowNs() / 1'000'000'000),
                     .loads = {kLoadScale, kLoadScale, kLoadScale},
                     .totalram = mm::TotalFrames() * kPageSize,
                     .freeram = mm::FreeFrames() * kPageSize,
                     .procs = static_cast<u16>(call.process().threads.size()),
                     .mem_unit = 1};
  TRY(mm::WriteUser(call[0], info));
  return 0;
}

Result<i64> SysPersonality(Call& call) {
  const u32 old = call.process().personality;
  constexpr u32 kQuery = 0xffff'ffff;
  if (call.Unsigned(0) != kQuery) {
    // Emulating another system's calls is not on offer; the flags beside it (no randomisation, ...) are remembered only: what
    // the launcher set up stays.
    if ((call.Unsigned(0) & 0xff) != 0) return Error::kInvalidArgument;
    call.process().personality = call.Unsigned(0);
  }
  return i64{old};
}

// The machine belongs to whoever launched it.
Result<i64> SysReboot(Call&) { return Error::kNotPermitted; }
Result<i64> SysSyslog(Call&) { return Error::kNotPermitted; }

}  // namespace caponier::syscall
