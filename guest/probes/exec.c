// execve: the program that replaces this one sees what Linux would show it. Runs itself, step by step. Prints the same on Linux and
// on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int errno_of_exec(const char* path) {
  errno = 0;
  char* arguments[] = {"x", 0};
  execve(path, arguments, environ);
  return errno;
}
static void write_file(const char* path, const char* text, int mode) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
  write(file, text, strlen(text));
  fchmod(file, mode);
  close(file);
}
static void on_signal(int signal) { (void)signal; }
static void* sleep_on(void* argument) {
  (void)argument;
  for (;;) pause();
}
static void* spin_on(void* argument) {
  for (volatile long i = 0;; i++) {}
  return argument;
}
static void* run_next(void* path) {
  char* arguments[] = {path, "second", "two words", "", 0};
  char* environment[] = {"ONE=1", "EMPTY=", 0};
  execve(path, arguments, environment);
  printf("execve: errno %d\n", errno);
  exit(1);
}

static int first(char* self) {
  printf("not there: %d\n", errno_of_exec("/no/such/file"));
  printf("a directory: %d\n", errno_of_exec("/"));
  printf("empty name: %d\n", errno_of_exec(""));
  printf("bad pointers: %d\n", (int)syscall(SYS_execve, "/", 16, 0) == -1 ? errno : 0);
  char directory[] = "/tmp/probe.XXXXXX";
  if (mkdtemp(directory) == 0 || chdir(directory) != 0) return 1;
  write_file("text", "just text\n", 0700);
  write_file("refused", "#!/bin/true\n", 0600);
  write_file("lost", "#!/no/interpreter\n", 0700);
  write_file("blank", "#!   \n", 0700);
  write_file("short", "\177ELF", 0700);
  printf("text: %d refused: %d lost: %d blank: %d short: %d\n", errno_of_exec("text"), errno_of_exec("refused"), errno_of_exec("lost"),
         errno_of_exec("blank"), errno_of_exec("short"));
  static char huge[200000];
  memset(huge, 'x', sizeof(huge) - 1);
  char* arguments[] = {self, huge, 0};
  execve(self, arguments, environ);
  printf("long argument: %d\n", errno);
  char script[600];
  snprintf(script, sizeof(script), "#! %s  third and last \nnever read", self);
  write_file("script", script, 0700);
  setenv("PROBE_DIRECTORY", directory, 1);
  signal(SIGUSR1, on_signal);
  signal(SIGUSR2, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, 0);
  raise(SIGTERM);
  dup2(open("text", O_RDONLY), 100);
  dup3(100, 101, O_CLOEXEC);
  prctl(PR_SET_NAME, "another");
  // The main thread sleeps, one spins, and a third one calls execve.
  pthread_t thread;
  pthread_create(&thread, 0, sleep_on, 0);
  pthread_create(&thread, 0, spin_on, 0);
  pthread_create(&thread, 0, run_next, self);
  for (;;) pause();
}

static int second(int count, char** arguments, char** environment) {
  for (int i = 1; i < count; i++) printf("argument %d: \"%s\"\n", i, arguments[i]);
  for (int i = 0; environment[i]; i++) printf("environment: %s\n", environment[i]);
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  printf("handler gone: %d\n", action.sa_handler == SIG_DFL);
  sigaction(SIGUSR2, 0, &action);
  printf("still ignored: %d\n", action.sa_handler == SIG_IGN);
  sigset_t set;
  sigprocmask(SIG_BLOCK, 0, &set);
  printf("still blocked: %d\n", sigismember(&set, SIGTERM));
  sigpending(&set);
  printf("still pending: %d\n", sigismember(&set, SIGTERM));
  printf("kept descriptor: %d closed: %d\n", fcntl(100, F_GETFD), fcntl(101, F_GETFD));
  printf("main thread: %d\n", (int)syscall(SYS_gettid) == getpid());
  char name[16];
  prctl(PR_GET_NAME, name);
  printf("name: %s\n", name);
  char* next[] = {"script's own name is lost", "from the caller", 0};
  execve("script", next, environ);
  printf("script: errno %d\n", errno);
  return 1;
}

int main(int count, char** arguments, char** environment) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (count < 2) return first(arguments[0]);
  if (strcmp(arguments[1], "second") == 0) return second(count, arguments, environment);
  for (int i = 1; i < count; i++) printf("script argument %d: \"%s\"\n", i, arguments[i]);
  return 7;
}
