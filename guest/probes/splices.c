// splice, tee, vmsplice, sendfile and copy_file_range. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest/probes/show.h"

static void Inside(const char* what, int end) {
  int bytes = -1;
  ioctl(end, FIONREAD, &bytes);
  printf("%s: %d inside\n", what, bytes);
}

static void Read(const char* what, int file, size_t most) {
  char text[200] = "";
  const ssize_t got = read(file, text, most < sizeof(text) - 1 ? most : sizeof(text) - 1);
  printf("%s: %zd \"%s\"\n", what, got, text);
}

static int one[2], two[2], file;

static void ThroughPipes(void) {
  Show("file to pipe", splice(file, 0, one[1], 0, 10, 0));
  Show("goes on", splice(file, 0, one[1], 0, 5, SPLICE_F_MOVE | SPLICE_F_MORE));
  Inside("pipe", one[0]);
  off_t at = 3;
  Show("from an offset", splice(file, &at, one[1], 0, 4, 0));
  printf("offset %ld, position %ld\n", (long)at, (long)lseek(file, 0, SEEK_CUR));
  Show("copied", tee(one[0], two[1], 8, 0));
  Read("the copy", two[0], 100);
  Inside("stays", one[0]);
  Show("between", splice(one[0], 0, two[1], 0, 12, 0));
  Read("between", two[0], 100);
  const int out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
  Show("to a file", splice(one[0], 0, out, 0, 4, 0));
  at = 10;
  Show("to an offset", splice(one[0], 0, out, &at, 100, 0));
  printf("offset %ld, size %ld\n", (long)at, (long)lseek(out, 0, SEEK_END));
  Show("at the end of the file", (lseek(file, 0, SEEK_END), splice(file, 0, one[1], 0, 5, 0)));
  Show("nothing", splice(file, 0, one[1], 0, 0, 0));
  close(out);
}

static void Refused(void) {
  off_t at = 0, before = -5;
  const int out = open("out", O_RDWR), more = open("out", O_WRONLY | O_APPEND), directory = open(".", O_RDONLY);
  lseek(file, 0, SEEK_SET);
  Show("no pipe", splice(file, 0, out, 0, 5, 0));
  Show("a pipe's offset", splice(one[0], &at, out, 0, 5, 0));
  Show("the other's", splice(file, 0, one[1], &at, 5, 0));
  Show("before the beginning", splice(file, &before, one[1], 0, 5, 0));
  Show("flags", splice(file, 0, one[1], 0, 5, 256));
  Show("the wrong end", splice(file, 0, one[0], 0, 5, 0));
  Show("no file", splice(file, 0, 999, 0, 5, 0));
  Show("itself", splice(one[0], 0, one[1], 0, 5, SPLICE_F_NONBLOCK));
  Show("appends", (write(one[1], "12345", 5), splice(one[0], 0, more, 0, 5, 0)));
  Show("a directory", splice(directory, 0, one[1], 0, 5, 0));
  Show("no pipe to copy", tee(file, one[1], 5, 0));
  Show("itself to copy", tee(one[0], one[1], 5, 0));
  Show("flags to copy", tee(one[0], two[1], 5, 256));
  Show("memory and no pipe", vmsplice(out, &(struct iovec){"abc", 3}, 1, 0));
  Show("memory not ours", vmsplice(one[1], (void*)8, 1, 0));
  Show("flags of memory", vmsplice(one[1], &(struct iovec){"abc", 3}, 1, 256));
  Read("left alone", one[0], 100);
  Show("empty", splice(one[0], 0, out, 0, 5, SPLICE_F_NONBLOCK));
  Show("empty to copy", tee(one[0], two[1], 5, SPLICE_F_NONBLOCK));
  fcntl(one[0], F_SETFL, O_NONBLOCK);
  Show("empty, by its own", splice(one[0], 0, out, 0, 5, 0));
  fcntl(one[0], F_SETFL, 0);
  close(out);
  close(more);
  close(directory);
}

static void Memory(void) {
  const struct iovec pieces[] = {{"some ", 5}, {"memory", 6}};
  Show("gathered", vmsplice(one[1], pieces, 2, 0));
  char text[20] = "";
  const struct iovec into = {text, 4};
  Show("taken", vmsplice(one[0], &into, 1, 0));
  puts(text);
  Read("rest", one[0], 100);
}

static void* Writes(void* nothing) {
  usleep(50000);
  puts("written");
  (void)!write(one[1], "late", 4);
  return nothing;
}
static void* Drains(void* nothing) {
  static char bytes[100000];
  usleep(50000);
  puts("drained");
  (void)!read(two[0], bytes, sizeof(bytes));
  return nothing;
}

static void Waiting(void) {
  pthread_t thread;
  const int out = open("out", O_RDWR | O_TRUNC);
  pthread_create(&thread, 0, Writes, 0);
  Show("waited for bytes", splice(one[0], 0, out, 0, 100, 0));
  pthread_join(thread, 0);
  static char bytes[4096];
  fcntl(two[1], F_SETFL, O_NONBLOCK);
  while (write(two[1], bytes, sizeof(bytes)) > 0) continue;
  Show("full", splice(file, 0, two[1], 0, 100, SPLICE_F_NONBLOCK));
  fcntl(two[1], F_SETFL, 0);
  pthread_create(&thread, 0, Drains, 0);
  lseek(file, 0, SEEK_SET);
  Show("waited for room", splice(file, 0, two[1], 0, 7, 0));
  pthread_join(thread, 0);
  Read("only that", two[0], 100);
  close(out);
}

static void Ends(void) {
  const int out = open("out", O_RDWR | O_TRUNC);
  int sockets[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
  (void)!write(one[1], "over a socket", 13);
  Show("to a socket", splice(one[0], 0, sockets[0], 0, 100, 0));
  Show("from a socket", splice(sockets[1], 0, two[1], 0, 100, 0));
  Read("over", two[0], 100);
  close(one[1]);
  Show("nobody writes", splice(one[0], 0, out, 0, 5, 0));
  Show("nobody writes to copy", tee(one[0], two[1], 5, 0));
  close(two[0]);
  Show("nobody reads", splice(file, 0, two[1], 0, 5, 0));
  Show("nobody reads memory", vmsplice(two[1], &(struct iovec){"abc", 3}, 1, 0));
  close(out);
}

static void Copies(void) {
  lseek(file, 0, SEEK_SET);
  const int out = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
  off_t from = 4, to = 2;
  Show("range", copy_file_range(file, &from, out, &to, 6, 0));
  printf("offsets %ld %ld\n", (long)from, (long)to);
  Show("rest", copy_file_range(file, 0, out, 0, 1000, 0));
  Show("flags", copy_file_range(file, 0, out, 0, 1, 1));
  from = 0, to = 3;
  Show("onto itself", copy_file_range(out, &from, out, &to, 10, 0));
  from = 1;
  Show("sent", sendfile(out, file, &from, 9));
  Show("sent to a reader", sendfile(open("copy", O_RDONLY), file, 0, 9));
  lseek(out, 0, SEEK_SET);
  Read("copy", out, 100);
  Show("from a counter", splice(eventfd(1, 0), 0, out, 0, 8, 0));
  close(out);
}

int main(void) {
  char directory[] = "/tmp/splices-XXXXXX";
  if (mkdtemp(directory) == 0 || chdir(directory) != 0) return 1;
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  file = open("file", O_RDWR | O_CREAT, 0600);
  (void)!write(file, "the quick brown fox jumps over the lazy dog", 43);
  lseek(file, 0, SEEK_SET);
  if (pipe(one) != 0 || pipe(two) != 0) return 1;
  puts("through pipes");
  ThroughPipes();
  puts("what is refused");
  Refused();
  puts("memory");
  Memory();
  puts("waiting");
  Waiting();
  puts("copies");
  Copies();
  puts("ends");
  Ends();
  return 0;
}
