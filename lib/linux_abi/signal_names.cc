#include "lib/linux_abi/signal_names.h"

#include "lib/linux_abi/name_table.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::linux_abi {
namespace {

CAPONIER_ABI_NAME_TABLE(kSignals, CAPONIER_LINUX_SIGNALS)

// What strsignal(3) says.
#define CAPONIER_LINUX_SIGNAL_DESCRIPTIONS(X) \
  X(SIGHUP, "Hangup") \
  X(SIGINT, "Interrupt") \
  X(SIGQUIT, "Quit") \
  X(SIGILL, "Illegal instruction") \
  X(SIGTRAP, "Trace/breakpoint trap") \
  X(SIGABRT, "Aborted") \
  X(SIGBUS, "Bus error") \
  X(SIGFPE, "Floating point exception") \
  X(SIGKILL, "Killed") \
  X(SIGUSR1, "User defined signal 1") \
  X(SIGSEGV, "Segmentation fault") \
  X(SIGUSR2, "User defined signal 2") \
  X(SIGPIPE, "Broken pipe") \
  X(SIGALRM, "Alarm clock") \
  X(SIGTERM, "Terminated") \
  X(SIGSTKFLT, "Stack fault") \
  X(SIGCHLD, "Child exited") \
  X(SIGCONT, "Continued") \
  X(SIGSTOP, "Stopped (signal)") \
  X(SIGTSTP, "Stopped") \
  X(SIGTTIN, "Stopped (tty input)") \
  X(SIGTTOU, "Stopped (tty output)") \
  X(SIGURG, "Urgent I/O condition") \
  X(SIGXCPU, "CPU time limit exceeded") \
  X(SIGXFSZ, "File size limit exceeded") \
  X(SIGVTALRM, "Virtual timer expired") \
  X(SIGPROF, "Profiling timer expired") \
  X(SIGWINCH, "Window changed") \
  X(SIGIO, "I/O possible") \
  X(SIGPWR, "Power failure") \
  X(SIGSYS, "Bad system call")
#define CAPONIER_ABI_SIGNAL_NUMBER(name, description) k##name,
#define CAPONIER_ABI_SIGNAL_DESCRIPTION(name, description) description "\0"
constexpr u32 kDescribed[] = {CAPONIER_LINUX_SIGNAL_DESCRIPTIONS(CAPONIER_ABI_SIGNAL_NUMBER)};
constexpr NameTable kDescriptions = {kDescribed, CAPONIER_LINUX_SIGNAL_DESCRIPTIONS(CAPONIER_ABI_SIGNAL_DESCRIPTION),
                                     sizeof(kDescribed) / sizeof(u32)};
static_assert(kDescriptions.count == kSignals.count);

CAPONIER_ABI_NAME_TABLE(kIllCodes, CAPONIER_LINUX_ILL_CODES)
CAPONIER_ABI_NAME_TABLE(kFpeCodes, CAPONIER_LINUX_FPE_CODES)
CAPONIER_ABI_NAME_TABLE(kSegvCodes, CAPONIER_LINUX_SEGV_CODES)
CAPONIER_ABI_NAME_TABLE(kBusCodes, CAPONIER_LINUX_BUS_CODES)
CAPONIER_ABI_NAME_TABLE(kTrapCodes, CAPONIER_LINUX_TRAP_CODES)
CAPONIER_ABI_NAME_TABLE(kCldCodes, CAPONIER_LINUX_CLD_CODES)
CAPONIER_ABI_NAME_TABLE(kSysCodes, CAPONIER_LINUX_SYS_CODES)
CAPONIER_ABI_NAME_TABLE(kAnyCodes, CAPONIER_LINUX_SI_CODES)

}  // namespace

std::string_view SignalName(int signal) { return NameOf(kSignals, static_cast<u64>(signal)); }
std::string_view SignalDescription(int signal) { return NameOf(kDescriptions, static_cast<u64>(signal)); }

std::string_view SignalCodeName(int signal, int code) {
  auto value = static_cast<u64>(static_cast<u32>(code));
  if (code <= 0 || code == kSI_KERNEL) return NameOf(kAnyCodes, value);
  switch (signal) {
    case kSIGILL: return NameOf(kIllCodes, value);
    case kSIGFPE: return NameOf(kFpeCodes, value);
    case kSIGSEGV: return NameOf(kSegvCodes, value);
    case kSIGBUS: return NameOf(kBusCodes, value);
    case kSIGTRAP: return NameOf(kTrapCodes, value);
    case kSIGCHLD: return NameOf(kCldCodes, value);
    case kSIGSYS: return NameOf(kSysCodes, value);
    default: return {};
  }
}

}  // namespace caponier::linux_abi
