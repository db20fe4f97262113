// pidfd_open(2): the machine's one process as an open file. It would be ready to read once the process has ended, which nobody sees.
#pragma once

#include "kernel/fs/file.h"

namespace caponier::fs {

class ProcessFile final : public File {
 public:
  explicit ProcessFile(i32 pid) : pid_(pid) {}
  PollEvents Poll(PollRegistrar&) override { return 0; }
  i32 process_id() const override { return pid_; }
  Result<String> Name() override { return String::From("anon_inode:[pidfd]"); }

 private:
  i32 pid_;
};

}  // namespace caponier::fs
