// Hands the kernel addresses of its own, and such as lie across the end of the program's half, in every pointer argument of every system
// call, and in the pointers that those lead to. Each must fail with EFAULT, before anything is read or written there.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "guest/attacks/system_calls.h"

// Arguments that end otherwise than with EFAULT, as these calls are made here, and why that is right.
enum Ending { kFault, kOtherError, kAccepted };
static const struct {
  const char *name;
  int argument;
  enum Ending ending;
} kExpected[] = {
    // Where to map, or what of the program's own memory to change: refused, and nothing is read or written.
    {"mmap", 0, kOtherError},
    {"munmap", 0, kOtherError},
    {"mprotect", 0, kOtherError},
    {"mremap", 0, kOtherError},
    {"mremap", 4, kOtherError},
    {"madvise", 0, kOtherError},
    {"mincore", 0, kOtherError},
    {"msync", 0, kOtherError},
    {"mlock", 0, kOtherError},
    {"mlock2", 0, kOtherError},
    {"munlock", 0, kOtherError},
    {"brk", 0, kAccepted},
    {"clone3", 0, kOtherError},
    {"rseq", 0, kOtherError},
    // Kept, and looked at when the thread ends, by a checked copy: this program ends so.
    {"set_tid_address", 0, kAccepted},
    {"set_robust_list", 0, kAccepted},
    // Refused for another reason first: no extended attributes, no children, no right, no signal that is due.
    {"fgetxattr", 1, kOtherError},
    {"fgetxattr", 2, kOtherError},
    {"fsetxattr", 1, kOtherError},
    {"fsetxattr", 2, kOtherError},
    {"fremovexattr", 1, kOtherError},
    {"getxattr", 1, kOtherError},
    {"getxattr", 2, kOtherError},
    {"lgetxattr", 1, kOtherError},
    {"lgetxattr", 2, kOtherError},
    {"setxattr", 1, kOtherError},
    {"setxattr", 2, kOtherError},
    {"lsetxattr", 1, kOtherError},
    {"lsetxattr", 2, kOtherError},
    {"removexattr", 1, kOtherError},
    {"lremovexattr", 1, kOtherError},
    {"wait4", 1, kOtherError},
    {"wait4", 3, kOtherError},
    {"waitid", 2, kOtherError},
    {"waitid", 4, kOtherError},
    {"reboot", 3, kOtherError},
    {"settimeofday", 0, kOtherError},
    {"settimeofday", 1, kOtherError},
    {"syslog", 1, kOtherError},
    {"rt_sigtimedwait", 1, kOtherError},
    {"futex", 4, kOtherError},
    // Not looked at: nothing remains of the time, there are no attributes to list, the cache of getcpu(2) is history, there are no groups.
    {"nanosleep", 1, kAccepted},
    {"clock_nanosleep", 3, kAccepted},
    {"listxattr", 1, kAccepted},
    {"llistxattr", 1, kAccepted},
    {"flistxattr", 1, kAccepted},
    {"getcpu", 2, kAccepted},
    {"getgroups", 1, kAccepted},
    // Where nothing is attached, and where nothing can be.
    {"shmat", 1, kOtherError},
    {"shmdt", 0, kOtherError},
    // The file is looked at first, and is none of those that they are for.
    {"inotify_add_watch", 1, kOtherError},
    {"pidfd_send_signal", 2, kOtherError},
    {"mq_timedsend", 1, kOtherError},
    {"mq_timedreceive", 1, kOtherError},
    {"mq_timedreceive", 3, kOtherError},
    {"mq_getsetattr", 2, kOtherError},
    // The name has a slash; the room is less than nothing. CheckMessages has well-formed ones.
    {"mq_open", 3, kOtherError},
    {"msgrcv", 1, kOtherError},
    // The sender has no name that could be written there.
    {"recvfrom", 4, kAccepted},
};

static enum Ending Expected(const char *name, int argument) {
  for (size_t i = 0; i < sizeof(kExpected) / sizeof(*kExpected); i++) {
    if (Is(kExpected[i].name, name) && kExpected[i].argument == argument) return kExpected[i].ending;
  }
  return kFault;
}
// These have no well-formed call that returns here.
static bool IsLeftOut(const char *name) {
  static const char *const kNames[] = {"rt_sigreturn", "rt_sigsuspend", "clone"};
  for (size_t i = 0; i < sizeof(kNames) / sizeof(*kNames); i++) {
    if (Is(kNames[i], name)) return true;
  }
  return false;
}

static int checked, wrong;

static void Check(const char *name, int argument, uint64_t address, long result) {
  checked++;
  if (result == -1 && errno == EFAULT) return;
  if (Expected(name, argument) == (result == -1 ? kOtherError : kAccepted)) return;
  wrong++;
  printf("wrong: %s, argument %d, address %#llx: %ld, %s\n", name, argument, (unsigned long long)address, result,
         result == -1 ? strerror(errno) : "no error");
}

// Pointers behind pointers.
static void CheckInside(uint64_t address) {
  struct iovec parts[2] = {{buffers[0], 4}, {(void *)address, 8}};
  Check("readv's part", 0, address, readv(file, parts + 1, 1));
  lseek(file, 0, SEEK_SET);
  Check("writev's part", 0, address, writev(file, parts + 1, 1));
  Check("preadv's part", 0, address, preadv(file, parts + 1, 1, 0));
  Check("pwritev's part", 0, address, pwritev(file, parts + 1, 1, 0));
  char *words[] = {(char *)address, NULL}, *none[] = {NULL};
  Check("execve's argument", 0, address, execve("/proc/self/exe", words, none));
  Check("execve's environment", 0, address, execve("/proc/self/exe", none, words));
  struct {
    const sigset_t *set;
    size_t bytes;
  } mask = {(const sigset_t *)address, 8};
#if defined(SYS_pselect6)
  struct timespec now = {0, 0};
  Check("pselect6's mask", 0, address, syscall(SYS_pselect6, 0, NULL, NULL, NULL, &now, &mask));
#endif
}

// With queues that have what is asked for.
static void CheckMessages(uint64_t address) {
  struct mq_attr shape = {.mq_maxmsg = 4, .mq_msgsize = 8};
  const long queue = syscall(SYS_mq_open, "pointers", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &shape);
  Check("mq_open's attributes", 0, address, syscall(SYS_mq_open, "others", O_RDWR | O_CREAT, 0600, address));
  Check("mq_timedsend's text", 0, address, syscall(SYS_mq_timedsend, queue, address, 8, 0, NULL));
  for (int i = 0; i < 2; i++) syscall(SYS_mq_timedsend, queue, buffers[0], 8, 0, NULL);
  Check("mq_timedreceive's text", 0, address, syscall(SYS_mq_timedreceive, queue, address, 8, NULL, NULL));
  Check("mq_timedreceive's priority", 0, address, syscall(SYS_mq_timedreceive, queue, buffers[0], 8, address, NULL));
  Check("mq_getsetattr's old ones", 0, address, syscall(SYS_mq_getsetattr, queue, NULL, address));
  close((int)queue);
  syscall(SYS_mq_unlink, "pointers");
  const int other = msgget(IPC_PRIVATE, 0600);
  struct {
    long type;
    char text[8];
  } message = {1, "message"};
  msgsnd(other, &message, sizeof(message.text), 0);
  Check("msgrcv's message", 0, address, msgrcv(other, (void *)address, sizeof(message.text), 0, IPC_NOWAIT));
  msgctl(other, IPC_RMID, NULL);
}

int main(int count, char **arguments) {
  Prepare();
#if defined(__x86_64__)
  const uint64_t end = 0x800000000000;
#else
  const uint64_t end = 0x1000000000000;
#endif
  uint64_t addresses[8] = {0xffff800000001000, 0xffffffffffffe000, 0xfffffffffffffff8, end, end - 4, 0xf0000000000000};
  int addresses_count = 6;
  if (count > 1) addresses[addresses_count++] = strtoull(arguments[1], NULL, 16);
  for (int i = 0; i < addresses_count; i++) {
    for (int c = 0; c < kCallCount; c++) {
      const struct Call *call = &kCalls[c];
      if (call->number < 0 || IsLeftOut(call->name)) continue;
      for (int argument = 0; argument < kMaxArguments; argument++) {
        char kind[32];
        if (!IsPointer(KindOf(call, argument, &kind))) continue;
        long values[kMaxArguments];
        Fill(call, &values);
        values[argument] = (long)addresses[i];
        errno = 0;
        const long result = APPLY(call->number, values);
        if (result == -1 && errno == ENOSYS) break;
        Check(call->name, argument, addresses[i], result);
      }
    }
    CheckInside(addresses[i]);
    CheckMessages(addresses[i]);
  }
  printf("%d arguments, %d wrong\n", checked, wrong);
  fflush(stdout);
  if (wrong != 0) Worked("a call took an address that is not the program's");
  return 0;
}
