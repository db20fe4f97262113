// Starts a program and tells what it used, for `caponier bench heap`: a process begins with the peak memory of the one that it was forked from,
// so this one is as small as can be.
//   caponier-heap-start REPORT PRELOAD FILE WORD...
// Executes FILE with the words as its arguments, over the library PRELOAD if that is not empty. Writes its peak memory (KiB) and its
// processor time (milliseconds), a line with a blank between, to file number REPORT, and ends with its status, or 128 and its signal. SIGTERM is
// passed on, and SIGUSR1 kills the program, so that nothing of it is left when this one has ended.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t started;

static void PassOn(int signal) { kill(started, signal == SIGUSR1 ? SIGKILL : signal); }

static double Milliseconds(struct timeval time) { return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3; }

int main(int count, char** words) {
  if (count < 5) return 127;
  const int report = atoi(words[1]);
  const pid_t self = getpid();
  sigset_t until_started, before;
  sigemptyset(&until_started);
  sigaddset(&until_started, SIGTERM);
  sigaddset(&until_started, SIGUSR1);
  sigprocmask(SIG_BLOCK, &until_started, &before);
  started = fork();
  if (started == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != self) return 127;
    close(report);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (words[2][0] != 0) setenv("LD_PRELOAD", words[2], 1);
    execvp(words[3], words + 4);
    return 127;
  }
  if (started < 0) return 127;
  signal(SIGTERM, PassOn);
  signal(SIGUSR1, PassOn);
  sigprocmask(SIG_SETMASK, &before, NULL);
  int status;
  struct rusage usage;
  while (wait4(started, &status, 0, &usage) < 0)
    if (errno != EINTR) return 127;
  dprintf(report, "%ld %.3f\n", usage.ru_maxrss, Milliseconds(usage.ru_utime) + Milliseconds(usage.ru_stime));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
