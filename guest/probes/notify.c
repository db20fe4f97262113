// inotify. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/probes/show.h"

static int notify;

static void Events(const char* what) {
  static _Alignas(struct inotify_event) char bytes[65536];
  printf("%s:", what);
  for (;;) {
    const ssize_t got = read(notify, bytes, sizeof(bytes));
    if (got <= 0) break;
    static unsigned last_cookie;
    for (ssize_t at = 0; at < got;) {
      const struct inotify_event* event = (const struct inotify_event*)(bytes + at);
      printf(" %d:%x", event->wd, event->mask);
      if (event->len != 0) printf(":%s(%u)", event->name, event->len);
      if (event->cookie != 0) printf("%s", event->cookie == last_cookie ? "=" : "~");
      last_cookie = event->cookie;
      at += (ssize_t)sizeof(*event) + event->len;
    }
  }
  puts("");
}

static void Create(const char* name, const char* text) {
  const int file = open(name, O_CREAT | O_RDWR, 0600);
  if (text != 0) (void)!write(file, text, strlen(text));
  close(file);
}

static void InADirectory(void) {
  Show("watch", inotify_add_watch(notify, ".", IN_ALL_EVENTS));
  Create("first", "text");
  Events("created, written");
  int file = open("first", O_RDONLY);
  char byte;
  (void)!read(file, &byte, 1);
  Events("opened, read");
  (void)!read(file, &byte, 1);
  (void)!read(file, &byte, 1);
  Events("the same twice");
  close(file);
  Events("closed");
  file = open("first", O_RDWR | O_TRUNC);
  Events("emptied");
  (void)!write(file, "ab", 2);
  (void)!ftruncate(file, 1);
  fchmod(file, 0640);
  fchown(file, getuid(), getgid());
  Events("through it");
  const struct timespec both[2] = {{1, 0}, {2, 0}}, one[2] = {{1, 0}, {0, UTIME_OMIT}}, other[2] = {{0, UTIME_OMIT}, {1, 0}};
  futimens(file, both);
  futimens(file, one);
  utimensat(AT_FDCWD, "first", other, 0);
  Events("times");
  close(file);
  chmod("first", 0600);
  (void)!truncate("first", 100);
  Events("by its name");
  mkdir("below", 0700);
  (void)!symlink("first", "link");
  mkfifo("fifo", 0600);
  Events("made");
  (void)!link("first", "second");
  Events("linked");
  rename("first", "third");
  rename("third", "below/fourth");
  rename("below/fourth", "first");
  Events("renamed");
  rename("second", "first");
  Events("the same file twice");
  Create("other", 0);
  rename("other", "second");
  Events("over another");
  syscall(SYS_renameat2, AT_FDCWD, "first", AT_FDCWD, "second", 2);  // RENAME_EXCHANGE
  Events("exchanged");
  unlink("link");
  unlink("fifo");
  unlink("second");
  rmdir("below");
  Events("gone");
  (void)!open("absent", O_RDONLY);
  unlink("absent");
  Events("nothing there");
  Show("not a directory", open("first/x", O_RDONLY));
  file = open(".", O_RDONLY | O_DIRECTORY);
  close(file);
  Events("itself");
  Show("path alone", (close(open("first", O_PATH)), 0));
  Events("path alone");
}

static void OfAFile(void) {
  Create("single", "text");
  Events("else");
  const int watch = inotify_add_watch(notify, "single", IN_ATTRIB | IN_MODIFY);
  Show("watch", watch);
  Show("the same", inotify_add_watch(notify, "single", IN_MODIFY | IN_CLOSE_WRITE | IN_MASK_ADD));
  Show("only new", inotify_add_watch(notify, "single", IN_MODIFY | IN_MASK_CREATE));
  Show("by its other name", (link("single", "twin"), inotify_add_watch(notify, "twin", IN_OPEN)));
  Events("before");
  Create("single", "more");
  Events("open alone");
  Show("removed", inotify_rm_watch(notify, watch));
  Show("again", inotify_rm_watch(notify, watch));
  Events("ignored");
  const int once = inotify_add_watch(notify, "single", IN_OPEN | IN_ONESHOT);
  Create("single", 0);
  Create("single", 0);
  Events("once");
  Show("gone by itself", inotify_rm_watch(notify, once));
  unlink("twin");
  Events("twin");
}

static void Ends(void) {
  inotify_rm_watch(notify, 1);
  Events("no more of the directory");
  Create("ends", 0);
  inotify_add_watch(notify, "ends", IN_ALL_EVENTS);
  const int file = open("ends", O_RDWR);
  unlink("ends");
  Events("without a name");
  (void)!write(file, "x", 1);
  close(file);
  Events("ended");
  mkdir("directory", 0700);
  inotify_add_watch(notify, "directory", IN_ALL_EVENTS);
  rename("directory", "renamed");
  Events("moved");
  rmdir("renamed");
  Events("removed");
}

static void Refused(void) {
  Show("flags", inotify_init1(1));
  Show("no events", inotify_add_watch(notify, ".", 0));
  Show("no such events", inotify_add_watch(notify, ".", 0x10000 | IN_OPEN));
  Show("nothing there", inotify_add_watch(notify, "absent", IN_OPEN));
  Show("no directory", inotify_add_watch(notify, "single", IN_OPEN | IN_ONLYDIR));
  Show("both", inotify_add_watch(notify, ".", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
  Show("no such file", inotify_add_watch(999, ".", IN_OPEN));
  const int file = open("single", O_RDWR);
  Show("no inotify", inotify_add_watch(file, ".", IN_OPEN));
  Show("nor to remove", inotify_rm_watch(file, 1));
  Show("write", write(notify, "x", 1));
  Show("path", inotify_add_watch(notify, (char*)8, IN_OPEN));
  close(file);
}

static void* Creates(void* nothing) {
  usleep(50000);
  Create("late", 0);
  return nothing;
}

static void Waiting(void) {
  const int blocking = inotify_init();
  Show("watch", inotify_add_watch(blocking, ".", IN_CREATE | IN_DELETE));
  struct pollfd wait = {blocking, POLLIN, 0};
  Show("nothing yet", poll(&wait, 1, 0));
  pthread_t thread;
  pthread_create(&thread, 0, Creates, 0);
  char bytes[300];
  Show("read", read(blocking, bytes, sizeof(bytes)));
  pthread_join(thread, 0);
  unlink("late");
  Show("ready", poll(&wait, 1, -1));
  int size = -1;
  ioctl(blocking, FIONREAD, &size);
  Show("size", size);
  Show("too small", read(blocking, bytes, 20));
  const int set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  Show("epoll", epoll_ctl(set, EPOLL_CTL_ADD, blocking, &event));
  Show("epoll", epoll_wait(set, &event, 1, 0));
  Show("fits", read(blocking, bytes, 32));
  Show("epoll", epoll_wait(set, &event, 1, 0));
  close(blocking);
  // Too much that nobody reads.
  inotify_add_watch(notify, "single", IN_OPEN | IN_CLOSE);
  for (int i = 0; i < 9000; i++) close(open("single", O_RDONLY));
  long events = 0, overflows = 0, wd = 0;
  for (;;) {
    static _Alignas(struct inotify_event) char many[65536];
    const ssize_t got = read(notify, many, sizeof(many));
    if (got <= 0) break;
    for (ssize_t at = 0; at < got; at += 16) {
      const struct inotify_event* one = (const struct inotify_event*)(many + at);
      events++;
      if (one->mask == IN_Q_OVERFLOW) overflows++, wd = one->wd;
    }
  }
  printf("%ld events, %ld overflows, watch %ld\n", events, overflows, wd);
  close(open("single", O_RDONLY));
  Events("and on");
}

int main(void) {
  char directory[] = "/tmp/notify-XXXXXX";
  if (mkdtemp(directory) == 0 || chdir(directory) != 0) return 1;
  setvbuf(stdout, 0, _IOLBF, 0);
  notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  printf("flags %d %d\n", fcntl(notify, F_GETFD), fcntl(notify, F_GETFL) & O_NONBLOCK);
  puts("in a directory");
  InADirectory();
  puts("of a file");
  OfAFile();
  puts("what ends");
  Ends();
  puts("what is refused");
  Refused();
  puts("waiting");
  Waiting();
  return 0;
}
