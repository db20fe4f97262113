// pidfd_open(2) and what its descriptors are for. There is one process, so they stand for the program itself.
#include "kernel/fs/process_file.h"
#include "kernel/sched/signal.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

Result<void> CheckProcessFile(Call& call, int descriptor) {
  const Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  if (file->process_id() == 0) return Error::kBadDescriptor;
  return {};
}

}  // namespace

Result<i64> SysPidfdOpen(Call& call) {
  constexpr u32 kNonblock = kO_NONBLOCK;  // PIDFD_NONBLOCK
  const i32 pid = call.Int(0);
  if ((call.Unsigned(1) & ~kNonblock) != 0 || pid <= 0) return Error::kInvalidArgument;
  if (pid != call.process().pid)
    return sched::FindThread(call.process(), pid) != nullptr ? Error::kInvalidArgument : Error::kNoProcess;
  Ref<fs::ProcessFile> file = TRY(MakeRef<fs::ProcessFile>(pid));
  return InstallAnonymous(call, std::move(file), kO_RDWR | (call.Unsigned(1) & kNonblock), true);
}

Result<i64> SysPidfdGetfd(Call& call) {
  if (call.Unsigned(2) != 0) return Error::kInvalidArgument;
  TRY(CheckProcessFile(call, call.Int(0)));
  fs::Context& context = Files(call);
  Ref<fs::File> file = TRY(context.Get(call.Int(1)));
  return i64{TRY(context.Install(std::move(file), true))};
}

Result<i64> SysPidfdSendSignal(Call& call) {
  const int signal = call.Int(1);
  if (call.Unsigned(3) != 0) return Error::kInvalidArgument;
  TRY(CheckProcessFile(call, call.Int(0)));
  sched::SignalInfo info{
      .signal = signal, .code = kSI_USER, .pid = call.process().pid, .uid = call.process().credentials.user.real};
  if (call[2] != 0) {
    const auto given = TRY(mm::ReadUser<Siginfo>(call[2]));
    if (given.signo != signal) return Error::kInvalidArgument;
    info.code = given.code;
    info.error = given.error;
    info.pid = given.queued.pid;
    info.uid = given.queued.uid;
    info.value = given.queued.value;
  }
  if (signal != 0 && !sched::IsSignal(signal)) return Error::kInvalidArgument;
  if (signal != 0) (void)sched::SendToProcess(call.process(), info);
  return 0;
}

}  // namespace caponier::syscall
