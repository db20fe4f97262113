// Locks of ranges: the process's, and those of open file descriptions (F_OFD_*). Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "guest/probes/show.h"

static int process, one, other;

static int Lock(int file, int command, short type, long start, long length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(file, command, &lock);
}

static void Ask(const char* what, int file, int command, short type, long start, long length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  if (fcntl(file, command, &lock) != 0) {
    printf("%s: errno %d\n", what, errno);
    return;
  }
  printf("%s: type %d from %d at %ld, %ld bytes, of %s\n", what, lock.l_type, lock.l_whence, (long)lock.l_start, (long)lock.l_len,
         lock.l_pid == getpid() ? "this process" : lock.l_pid == -1 ? "a description" : lock.l_pid == 0 ? "none" : "another");
}

static void OfTheProcess(void) {
  Show("whole file", Lock(one, F_SETLK, F_WRLCK, 0, 0));
  Show("again by another descriptor", Lock(other, F_SETLK, F_WRLCK, 10, 10));
  Ask("nobody else's", other, F_GETLK, F_WRLCK, 0, 0);
  Ask("seen by a description", other, F_OFD_GETLK, F_RDLCK, 5, 1);
  Show("part of it given back", Lock(one, F_SETLK, F_UNLCK, 100, 50));
  Ask("before the gap", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  Ask("in the gap", other, F_OFD_GETLK, F_WRLCK, 100, 50);
  Ask("behind the gap", other, F_OFD_GETLK, F_WRLCK, 120, 100);
  Show("made weaker", Lock(one, F_SETLK, F_RDLCK, 20, 30));
  Ask("readers may", other, F_OFD_GETLK, F_RDLCK, 20, 30);
  Ask("writers may not", other, F_OFD_GETLK, F_WRLCK, 20, 30);
  Show("taken by a reader", Lock(other, F_OFD_SETLK, F_RDLCK, 25, 5));
  Show("made stronger", Lock(one, F_SETLK, F_WRLCK, 20, 30));
  Ask("whose it is", one, F_GETLK, F_WRLCK, 20, 30);
  const int more = open("locked", O_RDONLY);
  close(more);
  Ask("gone with any descriptor", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  Show("locked", Lock(process, F_SETLK, F_WRLCK, 0, 10));
  Show("descriptor replaced", dup2(one, process) == process ? 0 : -1);
  Ask("gone with it", other, F_OFD_GETLK, F_WRLCK, 0, 10);
  Lock(other, F_OFD_SETLK, F_UNLCK, 0, 0);
}

static void OfDescriptions(void) {
  const int same = dup(one);
  Show("one", Lock(one, F_OFD_SETLK, F_WRLCK, 0, 100));
  Show("same description", Lock(same, F_OFD_SETLK, F_WRLCK, 50, 10));
  Show("other", Lock(other, F_OFD_SETLK, F_WRLCK, 99, 10));
  Show("other, beside it", Lock(other, F_OFD_SETLK, F_WRLCK, 100, 10));
  Show("the process", Lock(process, F_SETLK, F_RDLCK, 0, 1));
  Ask("in its way", process, F_GETLK, F_RDLCK, 0, 0);
  Ask("in one's way", one, F_OFD_GETLK, F_RDLCK, 0, 0);
  Show("a duplicate closed", close(same));
  Show("still there", Lock(other, F_OFD_SETLK, F_RDLCK, 0, 1));
  struct flock lock = {.l_type = F_WRLCK, .l_pid = 1};
  Show("with a process", fcntl(one, F_OFD_SETLK, &lock));
  Show("asked with a process", fcntl(one, F_OFD_GETLK, &lock));
  Show("merged", Lock(one, F_OFD_SETLK, F_WRLCK, 0, 50));
  Show("before", Lock(one, F_OFD_SETLK, F_UNLCK, 0, 40));
  Ask("what is left", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  const int last = open("locked", O_RDWR);
  Show("last", Lock(last, F_OFD_SETLK, F_WRLCK, 1000, 0));
  Ask("to the end", one, F_OFD_GETLK, F_RDLCK, 5000, 1);
  close(last);
  Ask("gone with the description", one, F_OFD_GETLK, F_RDLCK, 5000, 1);
  Lock(one, F_OFD_SETLK, F_UNLCK, 0, 0);
  Lock(other, F_OFD_SETLK, F_UNLCK, 0, 0);
}

static void Bad(void) {
  struct flock lock = {.l_type = 7};
  Show("type", fcntl(one, F_SETLK, &lock));
  lock = (struct flock){.l_type = F_WRLCK, .l_whence = 9};
  Show("whence", fcntl(one, F_SETLK, &lock));
  Show("before the beginning", Lock(one, F_SETLK, F_WRLCK, -1, 0));
  Show("backwards", Lock(one, F_SETLK, F_WRLCK, 100, -10));
  Ask("where that was", other, F_OFD_GETLK, F_RDLCK, 0, 0);
  Show("too far backwards", Lock(one, F_SETLK, F_WRLCK, 5, -10));
  Show("past the last byte", Lock(one, F_SETLK, F_WRLCK, 0x7ffffffffffffff0, 100));
  Show("up to the last byte", Lock(one, F_SETLK, F_WRLCK, 0x7ffffffffffffff0, 16));
  Ask("is the end", other, F_OFD_GETLK, F_RDLCK, 0x7ffffffffffffff0, 0);
  Ask("asked for none", one, F_GETLK, F_UNLCK, 0, 0);
  Show("no memory of ours", fcntl(one, F_SETLK, (void*)8));
  const int reader = open("locked", O_RDONLY), writer = open("locked", O_WRONLY);
  Show("a writer's of a reader", Lock(reader, F_SETLK, F_WRLCK, 0, 1));
  Show("a reader's of a writer", Lock(writer, F_OFD_SETLK, F_RDLCK, 0, 1));
  Show("no file", Lock(999, F_SETLK, F_WRLCK, 0, 1));
  close(reader);
  close(writer);
  int ends[2];
  if (pipe(ends) == 0) Show("a pipe", Lock(ends[1], F_SETLK, F_WRLCK, 0, 1));
}

static void* GivesBack(void* nothing) {
  usleep(50000);
  puts("given back");
  Lock(other, F_OFD_SETLK, F_UNLCK, 0, 0);
  return nothing;
}

static void OnAlarm(int signal) { (void)signal; }

static void Waiting(void) {
  Lock(other, F_OFD_SETLK, F_WRLCK, 0, 0);
  pthread_t thread;
  pthread_create(&thread, 0, GivesBack, 0);
  Show("waited for", Lock(one, F_OFD_SETLKW, F_WRLCK, 0, 10));
  pthread_join(thread, 0);
  Lock(one, F_OFD_SETLK, F_UNLCK, 0, 0);
  Lock(other, F_OFD_SETLK, F_WRLCK, 0, 0);
  pthread_create(&thread, 0, GivesBack, 0);
  Show("by the process", Lock(one, F_SETLKW, F_RDLCK, 0, 10));
  pthread_join(thread, 0);
  Lock(one, F_SETLK, F_UNLCK, 0, 0);
  Lock(other, F_OFD_SETLK, F_WRLCK, 0, 0);
  const struct sigaction action = {.sa_handler = OnAlarm};
  sigaction(SIGALRM, &action, 0);
  const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
  setitimer(ITIMER_REAL, &soon, 0);
  Show("interrupted", Lock(one, F_SETLKW, F_WRLCK, 0, 10));
}

int main(void) {
  char directory[] = "/tmp/locks-XXXXXX";
  if (mkdtemp(directory) == 0 || chdir(directory) != 0) return 1;
  setvbuf(stdout, 0, _IOLBF, 0);
  process = open("locked", O_RDWR | O_CREAT, 0600);
  one = open("locked", O_RDWR);
  other = open("locked", O_RDWR);
  puts("of the process");
  OfTheProcess();
  puts("of descriptions");
  OfDescriptions();
  puts("what is refused");
  Bad();
  puts("waiting");
  close(open("locked", O_RDONLY));
  Waiting();
  return 0;
}
