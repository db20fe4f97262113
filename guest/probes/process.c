// The process as an open file: pidfd_open and its like; and which capability lets it become somebody else. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/probes/show.h"

static void OnSignal(int signal, siginfo_t* info, void* context) {
  (void)context;
  printf("signal %d, code %d, from %s, value %d\n", signal, info->si_code, info->si_pid == getpid() ? "this" : "another",
         info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

// <linux/capability.h>, which musl's headers leave out.
enum { kSetGroup = 1 << 6, kSetUser = 1 << 7 };
static struct {
  unsigned effective, permitted, inheritable;
} capabilities[2];
static struct {
  unsigned version;
  int process;
} header = {.version = 0x20080522};
static int Hold(unsigned set) {
  capabilities[0].effective = set;
  return (int)syscall(SYS_capset, &header, capabilities);
}

// As setpriv does it: another user keeps the capabilities until it has set its groups.
static void Identities(void) {
  const gid_t groups[] = {7, 8};
  syscall(SYS_capget, &header, capabilities);
  Show("root without the capability", Hold(0));
  Show("root setgroups", syscall(SYS_setgroups, 2, groups));
  Show("root setresuid", syscall(SYS_setresuid, 5, 5, 5));
  Show("root with it", Hold(kSetGroup | kSetUser));
  Show("root keeps", prctl(PR_SET_KEEPCAPS, 1));
  Show("root leaves", syscall(SYS_setresuid, 5, 5, 5));
  Show("root lost what had effect", syscall(SYS_setgroups, 2, groups));
  Show("root takes it up", Hold(kSetGroup));
  Show("root setgroups", syscall(SYS_setgroups, 2, groups));
  Show("root setresgid", syscall(SYS_setresgid, 6, 6, 6));
  Show("root not the other", syscall(SYS_setresuid, 9, 9, 9));
  Show("root the other", Hold(kSetUser) + (int)syscall(SYS_setresuid, 9, 9, 9));
  Show("root not the first", syscall(SYS_setresgid, 9, 9, 9));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  const int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
  printf("opened %d, flags %d\n", process >= 0, fcntl(process, F_GETFD));
  printf("only half a number: %d\n", syscall((1L << 32) | SYS_getpid) == getpid());
  struct pollfd wait = {process, POLLIN, 0};
  Show("not ended", poll(&wait, 1, 0));
  const struct sigaction action = {.sa_sigaction = OnSignal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  sigaction(SIGRTMIN + 1, &action, 0);
  Show("sent", syscall(SYS_pidfd_send_signal, process, SIGUSR1, 0, 0));
  siginfo_t info = {.si_signo = SIGRTMIN + 1, .si_code = SI_QUEUE};
  info.si_pid = getpid();
  info.si_value.sival_int = 7;
  Show("with details", syscall(SYS_pidfd_send_signal, process, SIGRTMIN + 1, &info, 0));
  Show("of another signal", syscall(SYS_pidfd_send_signal, process, SIGUSR1, &info, 0));
  Show("none", syscall(SYS_pidfd_send_signal, process, 0, 0, 0));
  Show("no such signal", syscall(SYS_pidfd_send_signal, process, 99, 0, 0));
  Show("flags", syscall(SYS_pidfd_send_signal, process, SIGUSR1, 0, 0x1000));
  Show("no process", syscall(SYS_pidfd_send_signal, 0, SIGUSR1, 0, 0));
  Show("no file", syscall(SYS_pidfd_send_signal, 999, SIGUSR1, 0, 0));
  Show("details not ours", syscall(SYS_pidfd_send_signal, process, SIGUSR1, 8, 0));
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const int got = (int)syscall(SYS_pidfd_getfd, process, ends[1], 0);
  printf("got %d, flags %d\n", got >= 0, fcntl(got, F_GETFD));
  (void)!write(got, "same", 4);
  char text[10] = "";
  (void)!read(ends[0], text, 9);
  puts(text);
  Show("nothing there", syscall(SYS_pidfd_getfd, process, 999, 0));
  Show("flags", syscall(SYS_pidfd_getfd, process, 0, 1));
  Show("no process", syscall(SYS_pidfd_getfd, ends[0], 0, 0));
  Show("nobody", syscall(SYS_pidfd_open, 0, 0));
  Show("negative", syscall(SYS_pidfd_open, -1, 0));
  Show("nobody there", syscall(SYS_pidfd_open, 0x7ffffff0, 0));
  Show("flags", syscall(SYS_pidfd_open, getpid(), 1));
  const int nonblocking = (int)syscall(SYS_pidfd_open, getpid(), O_NONBLOCK);
  printf("nonblocking %d\n", (fcntl(nonblocking, F_GETFL) & O_NONBLOCK) != 0);
  Show("read", read(process, text, 1));
  Show("write", write(process, text, 1));
  Show("no child", waitid(P_PIDFD, (id_t)process, &info, WEXITED));
  if (geteuid() == 0) {
    Identities();
  } else {
    puts("root not here");
  }
  return 0;
}
