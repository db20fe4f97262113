#include "kernel/fs/signal_file.h"

#include "kernel/sched/signal.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

using namespace linux_abi;

SignalfdSiginfo Encode(const sched::SignalInfo& info) {
  SignalfdSiginfo encoded;
  encoded.signo = static_cast<u32>(info.signal);
  encoded.error = info.error;
  encoded.code = info.code;
  if (info.code == kSI_TIMER) {
    encoded.tid = static_cast<u32>(info.pid);
    encoded.overrun = static_cast<u32>(info.timer_overrun);
  } else {
    encoded.pid = static_cast<u32>(info.pid);
    encoded.uid = info.uid;
  }
  encoded.int_value = static_cast<i32>(info.value);
  encoded.ptr = info.value;
  encoded.addr = info.address;
  return encoded;
}

}  // namespace

Result<u64> SignalFile::Read(mm::IoBuffer& to, u64) {
  if (to.remaining() < sizeof(SignalfdSiginfo)) return Error::kInvalidArgument;
  u64 done = 0;
  while (to.remaining() >= sizeof(SignalfdSiginfo)) {
    const sched::SignalInfo info = sched::TakePending(sched::CurrentThread(), wanted_);
    if (info.signal == 0) {
      if (done != 0) break;
      if (nonblocking()) return Error::kWouldBlock;
      TRY(sched::WaitOn(sched::CurrentProcess().signals.sent, sched::kForever, sched::Interruptible::kYes));
      continue;
    }
    const SignalfdSiginfo encoded = Encode(info);
    if (auto put = to.Put(BytesOf(encoded)); !put.ok()) return done != 0 ? Result<u64>(done) : put.error();
    done += sizeof(encoded);
  }
  return done;
}

PollEvents SignalFile::Poll(PollRegistrar& registrar) {
  const sched::Thread& thread = sched::CurrentThread();
  registrar.WaitFor(thread.process->signals.sent);
  return ((thread.signals.pending.set() | thread.process->signals.pending.set()) & wanted_) != 0 ? kPollIn : 0;
}

void SignalFile::SetWanted(sched::SignalSet wanted) {
  wanted_ = wanted;
  sched::CurrentProcess().signals.sent.WakeAll();
}

}  // namespace caponier::fs
