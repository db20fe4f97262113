// Every system call of the machine's table with arguments that are well formed, by what the table says each argument is: the tests that
// go through all of them put one wrong thing in.
#pragma once

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "guest/attacks/crime.h"

enum { kMaxArguments = 6, kBufferBytes = 4096 };

struct Call {
  const char *name;
  int number;
  const char *kinds;  // as the table writes them, separated by commas
};

#if defined(__x86_64__)
#define CAPONIER_SYSCALL(name, x86, arm, result, ...) {#name, x86, #__VA_ARGS__},
#else
#define CAPONIER_SYSCALL(name, x86, arm, result, ...) {#name, arm, #__VA_ARGS__},
#endif
static const struct Call kCalls[] = {
#include "lib/linux_abi/syscall_table.def"
};
#undef CAPONIER_SYSCALL
enum { kCallCount = sizeof(kCalls) / sizeof(*kCalls) };

// The kind of an argument, or an empty one.
static inline const char *KindOf(const struct Call *call, int argument, char (*kind)[32]) {
  const char *at = call->kinds;
  for (; argument > 0 && at != NULL; argument--) at = strchr(at, ','), at = at == NULL ? NULL : at + 1;
  size_t length = 0;
  for (; at != NULL && *at != ',' && *at != 0 && length + 1 < sizeof(*kind); at++) {
    if (!isspace((unsigned char)*at)) (*kind)[length++] = *at;
  }
  (*kind)[length] = 0;
  return *kind;
}
static inline bool EndsIn(const char *text, const char *end) {
  const size_t length = strlen(text), ending = strlen(end);
  return length >= ending && strcmp(text + length - ending, end) == 0;
}
static inline bool Is(const char *text, const char *other) { return strcmp(text, other) == 0; }
// Whether the kernel reads or writes memory that the argument leads to.
static inline bool IsPointer(const char *kind) {
  static const char *const kOthers[] = {
      "kPath",          "kInBuffer",      "kOutBuffer",         "kOutHexBuffer",   "kPollfds",      "kFdSet",
      "kArgv",          "kEnvp",          "kPointer",           "kOpenHow",        "kFutexTimeout", "kPrctlArgument",
      "kIoctlArgument", "kFcntlArgument", "kTimespecRemaining", "kCloneArguments", "kIntInOut",     "kLongInOut"};
  for (size_t i = 0; i < sizeof(kOthers) / sizeof(*kOthers); i++) {
    if (Is(kind, kOthers[i])) return true;
  }
  return EndsIn(kind, "Out") || (EndsIn(kind, "In") && !Is(kind, "kIn"));
}

// What well-formed arguments are made of.
static int file, directory, pipe_end, sockets[2], counter, poller, timer_file;
static timer_t timer;
static char buffers[kMaxArguments][kBufferBytes] __attribute__((aligned(16)));

static inline void Prepare(void) {
  mkdir("/tmp/calls", 0755);
  file = open("/tmp/calls/file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  Need(file >= 0 && write(file, "some text in it", 15) == 15, "a file");
  symlink("file", "/tmp/calls/link");
  directory = open("/tmp/calls", O_RDONLY);
  int ends[2];
  Need(pipe(ends) == 0 && write(ends[1], "text", 4) == 4, "a pipe");
  pipe_end = ends[0];
  Need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) == 0, "sockets");
  counter = eventfd(1, EFD_NONBLOCK);
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  Need(epoll_ctl(poller, EPOLL_CTL_ADD, counter, &event) == 0, "epoll");
  timer_file = (int)syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  Need(timer_create(CLOCK_MONOTONIC, &none, &timer) == 0, "a timer");
}

// Well-formed arguments for `call`: the k-th buffer where the k-th is a pointer.
static inline void Fill(const struct Call *call, long (*values)[kMaxArguments]) {
  lseek(file, 0, SEEK_SET);
  lseek(directory, 0, SEEK_SET);
  for (int i = 0; i < kMaxArguments; i++) {
    char kind[32];
    KindOf(call, i, &kind);
    long value = 0;
    if (IsPointer(kind)) {
      value = (long)buffers[i];
      memset(buffers[i], 0, kBufferBytes);
      if (Is(kind, "kPath")) strcpy(buffers[i], "/tmp/calls/file");
    }
    if (Is(kind, "kFd")) value = file;
    if (Is(kind, "kDirFd")) value = AT_FDCWD;
    if (Is(kind, "kSize")) value = 8;
    if (Is(kind, "kInt") || Is(kind, "kUInt")) value = 1;
    if (Is(kind, "kSignal")) value = SIGUSR2;
    if (Is(kind, "kMode")) value = 0644;
    (*values)[i] = value;
  }
  const char *name = call->name;
  static const char *const kSocketCalls[] = {"sendto",      "recvfrom",    "sendmsg",    "recvmsg",   "shutdown",
                                             "getsockname", "getpeername", "getsockopt", "setsockopt"};
  for (size_t i = 0; i < sizeof(kSocketCalls) / sizeof(*kSocketCalls); i++) {
    if (Is(name, kSocketCalls[i])) (*values)[0] = sockets[0];
  }
  if (Is(name, "recvfrom") || Is(name, "recvmsg")) write(sockets[1], "a message", 9);
  if (Is(name, "shutdown")) (*values)[1] = 77;  // none of them, so that the others have something to shut
  if (Is(name, "socketpair")) (*values)[0] = AF_UNIX, (*values)[1] = SOCK_STREAM;
  if (Is(name, "getsockopt") || Is(name, "setsockopt")) (*values)[1] = SOL_SOCKET, (*values)[2] = SO_KEEPALIVE;
  if (Is(name, "setsockopt")) (*values)[4] = 4;
  if (Is(name, "recvfrom")) *(int *)buffers[5] = 16;
  if (Is(name, "getsockopt")) *(int *)buffers[4] = 4;
  if (Is(name, "getsockname") || Is(name, "getpeername")) *(int *)buffers[2] = 16;
  if (Is(name, "execve")) strcpy(buffers[0], "/proc/self/exe");
  if (strncmp(name, "getdents", 8) == 0) (*values)[0] = directory, (*values)[2] = kBufferBytes;
  if (strncmp(name, "epoll_", 6) == 0) (*values)[0] = poller;
  if (strncmp(name, "epoll_wait", 10) == 0 || strncmp(name, "epoll_pwait", 11) == 0) (*values)[3] = 0;
  if (Is(name, "epoll_pwait2")) (*values)[5] = 8;
  if (Is(name, "epoll_ctl")) (*values)[1] = EPOLL_CTL_MOD, (*values)[2] = counter;
  if (Is(name, "ioctl")) (*values)[0] = pipe_end, (*values)[1] = FIONREAD;
  if (Is(name, "fcntl")) (*values)[1] = F_GETLK;
  if (Is(name, "prctl")) (*values)[0] = 16;           // PR_GET_NAME
  if (Is(name, "arch_prctl")) (*values)[0] = 0x1003;  // ARCH_GET_FS
  if (strncmp(name, "timerfd_", 8) == 0) (*values)[0] = timer_file, (*values)[1] = 0;
  if (Is(name, "timerfd_gettime")) (*values)[1] = (long)buffers[1];
  if (Is(name, "timer_settime") || Is(name, "timer_gettime")) (*values)[0] = (long)timer;
  if (Is(name, "newfstatat") || Is(name, "statx")) (*values)[3] = Is(name, "statx") ? 0x7ff : 0;
  if (Is(name, "openat2")) (*values)[3] = 24;
  if (Is(name, "sched_getparam") || Is(name, "sched_setparam") || Is(name, "sched_getaffinity") ||
      Is(name, "sched_setaffinity") || Is(name, "prlimit64") || Is(name, "sched_setscheduler") ||
      Is(name, "sched_rr_get_interval") || Is(name, "get_robust_list"))
    (*values)[0] = 0;
  if (Is(name, "prlimit64"))
    (*values)[1] = 7, *(uint64_t *)buffers[2] = 1024, *(uint64_t *)(buffers[2] + 8) = 4096;  // RLIMIT_NOFILE
  if (Is(name, "getcwd")) (*values)[1] = kBufferBytes;
  if (strncmp(name, "readlink", 8) == 0) strcpy(buffers[EndsIn(name, "at")], "/tmp/calls/link");
  if (Is(name, "sigaltstack")) *(int *)(buffers[0] + 8) = 2;  // SS_DISABLE
  if (Is(name, "timer_create")) (*values)[0] = 1, *(int *)(buffers[1] + 12) = SIGEV_NONE;
  if (Is(name, "set_robust_list")) (*values)[1] = 24;
  if (Is(name, "sched_setaffinity")) buffers[2][0] = 1;
  if (Is(name, "capget") || Is(name, "capset")) *(uint32_t *)buffers[0] = 0x20080522;
  if (Is(name, "mincore")) (*values)[0] = (long)PageOf(buffers[1]), (*values)[1] = PAGE;
  if (Is(name, "syslog")) (*values)[0] = 3;
  if (Is(name, "setrlimit") || Is(name, "getrlimit")) (*values)[0] = 7;
  if (Is(name, "setrlimit")) *(uint64_t *)buffers[1] = 1024, *(uint64_t *)(buffers[1] + 8) = 4096;
  if (Is(name, "rt_sigtimedwait")) (*values)[3] = 8;
  if (Is(name, "sendfile")) (*values)[1] = file;
  if (Is(name, "waitid")) (*values)[0] = 0, (*values)[3] = 4;  // P_ALL, WEXITED
  if (Is(name, "clock_settime") || Is(name, "settimeofday")) *(long *)buffers[Is(name, "clock_settime")] = 1800000000;
}
#define APPLY(number, values) syscall(number, (values)[0], (values)[1], (values)[2], (values)[3], (values)[4], (values)[5])
