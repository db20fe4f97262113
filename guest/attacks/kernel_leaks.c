// Fills the kernel's stack and heap and its free pages with a pattern, by system calls that copy the program's bytes there, and looks for the
// pattern in all that system calls write: in padding, unused ends of structures, and the bytes behind a text.
#include <sys/stat.h>

#include "guest/attacks/system_calls.h"

enum { kPattern = 0xa5, kLeak = 4 };  // so many bytes of it are no accident

static void Spray(void) {
  static char text[4095];
  memset(text, kPattern, sizeof(text) - 1);
  open(text, O_RDONLY);  // a path of the longest kind
  for (size_t length = 8; length < 255; length = length * 3 / 2) {
    char name[300] = "/tmp/calls/";
    memset(name + 11, kPattern, length);
    close(open(name, O_WRONLY | O_CREAT, 0600));  // names of many lengths on the heap, given back
    symlink(name + 11, "/tmp/calls/gone");
    unlink("/tmp/calls/gone");
    unlink(name);
  }
  static char page[65536];
  memset(page, kPattern, sizeof(page));
  const int memory = memfd_create("spray", 0);
  Need(write(memory, page, sizeof(page)) == sizeof(page), "write");
  close(memory);
  // Registers lie in the frame of the call.
  const long pattern = (long)0xa5a5a5a5a5a5a5a5;
  syscall(SYS_getpid, pattern, pattern, pattern, pattern, pattern, pattern);
  syscall(SYS_prctl, 15, text + sizeof(text) - 17);  // PR_SET_NAME
  syscall(SYS_prctl, 15, "leaks");
}

static int checked, leaks;

static void Look(const struct Call *call, int argument, const char *bytes) {
  checked++;
  int run = 0;
  for (int i = 0; i < kBufferBytes; i++) {
    run = (unsigned char)bytes[i] == kPattern ? run + 1 : 0;
    if (run != kLeak) continue;
    leaks++;
    printf("leak: %s, argument %d, at byte %d\n", call->name, argument, i + 1 - kLeak);
    return;
  }
}

static volatile sig_atomic_t handled;
static void OnSignal(int signal, siginfo_t *information, void *context) {
  const struct Call frame = {"signal frame", 0, ""};
  static char copy[kBufferBytes];
  memset(copy, 0, sizeof(copy));
  memcpy(copy, information, sizeof(*information));
  Look(&frame, 0, copy);
  (void)signal, (void)context;  // the context holds the program's own registers
  handled = 1;
}

int main(int count, char **arguments) {
  Prepare();
  const bool control = Open(count, arguments);
  for (int c = 0; c < kCallCount; c++) {
    const struct Call *call = &kCalls[c];
    static const char *const kLeftOut[] = {"rt_sigreturn",
                                           "rt_sigsuspend",
                                           "clone",
                                           "clone3",
                                           "execve",
                                           "munmap",
                                           "mremap",
                                           "brk",
                                           "exit",
                                           "exit_group",
                                           "pause",
                                           "fork",
                                           "vfork",
                                           "reboot",
                                           "rt_sigaction",
                                           "rt_sigprocmask",
                                           "sigaltstack",
                                           "chroot",
                                           "kill",
                                           "tkill",
                                           "tgkill",
                                           "rt_sigqueueinfo",
                                           "rt_tgsigqueueinfo",
                                           "mprotect",
                                           "rseq",
                                           "chdir",
                                           "set_robust_list",
                                           "set_tid_address",
                                           "wait4",
                                           "waitid"};
    bool left_out = call->number < 0;
    for (size_t i = 0; i < sizeof(kLeftOut) / sizeof(*kLeftOut); i++) left_out |= Is(call->name, kLeftOut[i]);
    bool writes = false;
    char kind[32];
    for (int i = 0; i < kMaxArguments; i++)
      writes |= EndsIn(KindOf(call, i, &kind), "Out") || strstr(kind, "OutBuffer") || Is(kind, "kPointer");
    if (left_out || !writes) continue;
    Spray();
    long values[kMaxArguments];
    Fill(call, &values);
    if (Is(call->name, "read") || Is(call->name, "pread64") || Is(call->name, "getrandom")) values[2] = 8;
    if (APPLY(call->number, values) == -1) continue;
    for (int i = 0; i < kMaxArguments; i++) {
      if (!IsPointer(KindOf(call, i, &kind)) || EndsIn(kind, "In") || Is(kind, "kPath")) continue;
      if (control) memset(buffers[i] + 100, kPattern, 8);
      Look(call, i, buffers[i]);
    }
  }
  const struct sigaction action = {.sa_sigaction = OnSignal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  Spray();
  raise(SIGUSR1);
  Need(handled, "the signal");
  printf("%d outputs, %d leaks\n", checked, leaks);
  fflush(stdout);
  if (leaks != 0) Worked("the kernel wrote what it did not mean to");
  return checked > 40 ? 0 : 99;
}
