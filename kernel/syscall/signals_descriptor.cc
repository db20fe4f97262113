// signalfd(2).
#include "kernel/fs/signal_file.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

Result<i64> SignalDescriptor(Call& call, u32 flags) {
  if (call[2] != kSigsetBytes) return Error::kInvalidArgument;
  const sched::SignalSet wanted = TRY(mm::ReadUser<u64>(call[1])) & ~sched::kUnblockableSignals;
  if ((flags & ~u32{kSFD_CLOEXEC | kSFD_NONBLOCK}) != 0) return Error::kInvalidArgument;
  const int descriptor = call.Int(0);
  if (descriptor != -1) {  // one that is there already
    const Ref<fs::File> file = TRY(UsableFile(call, descriptor));
    if (file->as_signals() == nullptr) return Error::kInvalidArgument;
    file->as_signals()->SetWanted(wanted);
    return descriptor;
  }
  Ref<fs::SignalFile> file = TRY(MakeRef<fs::SignalFile>(wanted));
  return InstallAnonymous(call, std::move(file), kO_RDWR | (flags & kSFD_NONBLOCK), (flags & kSFD_CLOEXEC) != 0);
}

}  // namespace

Result<i64> SysSignalfd4(Call& call) { return SignalDescriptor(call, call.Unsigned(3)); }
#if defined(__x86_64__)
Result<i64> SysSignalfd(Call& call) { return SignalDescriptor(call, 0); }
#endif

}  // namespace caponier::syscall
