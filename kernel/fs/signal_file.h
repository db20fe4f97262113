// signalfd(2): pending signals that are read instead of delivered; the program blocks them for that. Whoever reads gets what was sent to
// its own thread and to the process, as Linux has it.
#pragma once

#include "kernel/fs/file.h"
#include "kernel/sched/pending_signals.h"

namespace caponier::fs {

class SignalFile final : public File {
 public:
  explicit SignalFile(sched::SignalSet wanted) : wanted_(wanted) {}
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer&, u64) override { return Error::kInvalidArgument; }
  PollEvents Poll(PollRegistrar& registrar) override;
  SignalFile* as_signals() override { return this; }
  Result<String> Name() override { return String::From("anon_inode:[signalfd]"); }

  void SetWanted(sched::SignalSet wanted);

 private:
  sched::SignalSet wanted_;
};

}  // namespace caponier::fs
