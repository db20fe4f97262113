// Resource limits as getrlimit(2) shows them. The descriptor limit is enforced by the file table, that of a file's size by the calls that
// make files longer, those of memory by its mappings, of signals and messages by their queues; the rest are remembered.
#pragma once

#include "lib/base/types.h"
#include "lib/linux_abi/process_flags.h"

namespace caponier::sched {

struct Limit {
  u64 soft = linux_abi::kRLIM64_INFINITY, hard = linux_abi::kRLIM64_INFINITY;
};

struct Limits {
  Limit of[linux_abi::kRLIM_NLIMITS];
  // What a Debian 12 login gives, where a program might look.
  constexpr Limits() {
    of[linux_abi::kRLIMIT_STACK] = {8 * kMiB, linux_abi::kRLIM64_INFINITY};
    of[linux_abi::kRLIMIT_CORE] = {0, linux_abi::kRLIM64_INFINITY};
    of[linux_abi::kRLIMIT_NOFILE] = {1024, 1024 * 1024};
    of[linux_abi::kRLIMIT_MEMLOCK] = {8 * kMiB, 8 * kMiB};
    of[linux_abi::kRLIMIT_SIGPENDING] = {4096, 4096};
    of[linux_abi::kRLIMIT_MSGQUEUE] = {819'200, 819'200};
    of[linux_abi::kRLIMIT_NPROC] = {4096, 4096};
    of[linux_abi::kRLIMIT_NICE] = {0, 0};
    of[linux_abi::kRLIMIT_RTPRIO] = {0, 0};
  }
};

}  // namespace caponier::sched
