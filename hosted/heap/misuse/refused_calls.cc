// In a sandbox that refuses mremap, madvise and mincore blocks come zeroed as ever, and free leaves errno alone: status 0. For hosted_test.sh.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static bool Refuse() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mincore, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  const sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int main() {
  if (!Refuse()) return 2;
  static char* blocks[1000];
  unsigned random = 1;
  for (int i = 0; i < 30'000; i++) {
    random = random * 1103515245 + 12345;
    char*& block = blocks[(random >> 8) % 1000];
    errno = 77;
    free(block);
    if (errno != 77) return 3;
    const size_t bytes = (random >> 20) % 97 == 0 ? 300'000 + (random >> 10) % 2'000'000 : 1 + (random >> 12) % 9000;
    block = static_cast<char*>(calloc(1, bytes));
    if (block == nullptr) return 4;
    for (size_t at = 0; at < bytes; at += 512)
      if (block[at] != 0) return 5;
    memset(block, 1, bytes);
    if (i % 3 != 0) continue;
    block = static_cast<char*>(realloc(block, bytes + bytes / 4 + 1));
    if (block == nullptr || block[bytes - 1] != 1) return 6;
  }
  return 0;
}
