// Process 1 of the Linux guest: starts the program that the archive's configuration names, in the same words that a caponier reads
// (lib/link/protocol.h), says how it ended, and ends the machine.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kMostWords = 255 };

static char config[1 << 16];
static char *arguments[kMostWords + 1], *environment[kMostWords + 1];

static char* ValueOf(char* record, const char* key) {
  const size_t length = strlen(key);
  return strncmp(record, key, length) == 0 ? record + length : NULL;
}

static void End(const char* how, int status) {
  printf("\nbench: %s %d\n", how, status);
  fflush(stdout);
#ifdef __x86_64__
  reboot(RB_AUTOBOOT);  // by a triple fault, at which the emulator ends; this machine has no other way
#else
  reboot(RB_POWER_OFF);
#endif
}

int main(void) {
  const char *executable = NULL, *directory = "/";
  int argument_count = 0, environment_count = 0;
  mkdir("/dev", 0755);
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mkdir("/tmp", 01777);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  const int fd = open("/bench.config", O_RDONLY);
  const ssize_t size = read(fd, config, sizeof(config) - 1);
  for (char* record = config; record < config + size; record += strlen(record) + 1) {
    char* value;
    if ((value = ValueOf(record, "exe=")) != NULL) executable = value;
    if ((value = ValueOf(record, "workdir=")) != NULL) directory = value;
    if ((value = ValueOf(record, "arg=")) != NULL && argument_count < kMostWords) arguments[argument_count++] = value;
    if ((value = ValueOf(record, "env=")) != NULL && environment_count < kMostWords) environment[environment_count++] = value;
  }
  if (executable == NULL || chdir(directory) != 0) End("refused", 0);
  puts("bench: begin");
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    execve(executable, arguments, environment);
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status)) End("exited", WEXITSTATUS(status));
  End("signaled", WTERMSIG(status));
}
