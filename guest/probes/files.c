// Files without a name, and files that may not grow: O_TMPFILE, linkat and RLIMIT_FSIZE; and O_NOATIME. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/probes/show.h"

static int LinkFile(int file, const char* name) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static long Links(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? (long)status.st_nlink : -1;
}

static void WithoutName(void) {
  int file = open(".", O_TMPFILE | O_RDWR, 0600);
  Show("links", Links(file));
  Show("a name", LinkFile(file, "first"));
  Show("another", LinkFile(file, "second"));
  Show("links", Links(file));
  Show("names gone", unlink("first") + unlink("second"));
  Show("a name again", LinkFile(file, "third"));
  close(file);
  file = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
  Show("never a name", LinkFile(file, "first"));
  close(file);
  file = open("named", O_CREAT | O_RDWR, 0600);
  unlink("named");
  Show("removed, by path", LinkFile(file, "first"));
  Show("removed, by descriptor", linkat(file, "", AT_FDCWD, "first", AT_EMPTY_PATH));
  close(file);
}

static volatile sig_atomic_t told;
static void OnSignal(int signal) { told += signal == SIGXFSZ; }

static void MayNotGrow(void) {
  enum { kUnit = 1000 };  // what a test prints into a file stays below the limit
  static char bytes[300 * kUnit];
  const int source = open("source", O_CREAT | O_RDWR, 0600);
  Show("source", write(source, bytes, 300 * kUnit));
  const struct rlimit limit = {.rlim_cur = 100 * kUnit, .rlim_max = RLIM_INFINITY};
  Show("limit", setrlimit(RLIMIT_FSIZE, &limit));
  const int file = open("short", O_CREAT | O_RDWR, 0600);
  Show("up to it", write(file, bytes, 60 * kUnit));
  Show("across it", write(file, bytes, 60 * kUnit));
  Show("at it", write(file, bytes, 1));
  Show("told", told);
  Show("nothing", write(file, bytes, 0));
  Show("within it", pwrite(file, bytes, 10 * kUnit, 90 * kUnit));
  Show("past it", pwrite(file, bytes, 10, 200 * kUnit));
  Show("longer", ftruncate(file, 100 * kUnit + 1));
  Show("as long", ftruncate(file, 100 * kUnit));
  Show("told", told);
  Show("by path", truncate("short", 1000 * kUnit));
  Show("allocated", posix_fallocate(file, 50 * kUnit, 60 * kUnit));
  Show("told", told);
  Show("shorter", ftruncate(file, 10));
  lseek(file, 95 * kUnit, SEEK_SET);
  off_t from = 0;
  Show("sent", sendfile(file, source, &from, 50 * kUnit));
  Show("longer already, shorter", ftruncate(source, 200 * kUnit));
  Show("longer already, written", pwrite(source, bytes, 10, 0));
  int ends[2];
  if (pipe(ends) == 0) Show("a pipe", write(ends[1], bytes, 300));
}

static struct timespec AccessTime(int file) {
  struct stat status;
  fstat(file, &status);
  return status.st_atim;
}
static void KeepsAccessTime(void) {
  const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
  const int directory = open(".", O_RDONLY | O_DIRECTORY | O_NOATIME);
  const int file = open("accessed", O_RDWR | O_CREAT | O_NOATIME, 0600);
  char entries[4096];
  for (int pass = 0; pass < 2; pass++) {
    futimens(directory, old);
    futimens(file, old);
    syscall(SYS_getdents64, directory, entries, sizeof(entries));
    read(file, entries, sizeof(entries));
    lseek(directory, 0, SEEK_SET);
    const long first = AccessTime(directory).tv_sec, second = AccessTime(file).tv_sec;
    printf("accessed: directory %s, file %s\n", first == 1 ? "kept" : "changed", second == 1 ? "kept" : "changed");
    fcntl(directory, F_SETFL, 0);
    fcntl(file, F_SETFL, 0);
    write(file, "text", 4);
    lseek(file, 0, SEEK_SET);
  }
  unlink("accessed");
}

int main(void) {
  char directory[] = "/tmp/files-XXXXXX";
  if (mkdtemp(directory) == 0 || chdir(directory) != 0) return 1;
  setvbuf(stdout, 0, _IOLBF, 0);
  const struct sigaction action = {.sa_handler = OnSignal};
  sigaction(SIGXFSZ, &action, 0);
  puts("files without a name");
  WithoutName();
  puts("files that may not grow");
  MayNotGrow();
  puts("times of access");
  KeepsAccessTime();
  return 0;
}
