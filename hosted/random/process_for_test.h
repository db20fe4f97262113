// Children of a test: forked in some way, each writing into memory that all share.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>

#include "lib/base/types.h"

namespace caponier::hosted {

using Draw = std::array<u64, 2>;

// Zeros at first.
template <typename T>
std::span<T> SharedArray(size_t count) {
  void* memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return {static_cast<T*>(memory), count};
}

// A call to the kernel with this number, and this third argument if it is given, fails with `error` from here on.
inline void Refuse(long number, int error, long third_argument = -1) {
  const auto jump_unless = [](u32 value, u8 skip) { return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, skip, value}; };
  const auto load = [](size_t offset) { return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<u32>(offset)}; };
  sock_filter program[] = {
      load(offsetof(seccomp_data, nr)),
      jump_unless(static_cast<u32>(number), 3),
      third_argument < 0 ? sock_filter{BPF_LD | BPF_IMM, 0, 0, 0} : load(offsetof(seccomp_data, args[2])),
      jump_unless(third_argument < 0 ? 0 : static_cast<u32>(third_argument), 1),
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<u32>(error)},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) _exit(77);
}

}  // namespace caponier::hosted
