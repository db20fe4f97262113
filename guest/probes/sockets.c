// Socket pairs: what goes in comes out at the other end, in order, with the errors, events and options that Linux has. Prints the same on
// Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const char* ended(long result) {
  static char texts[4][64];
  static int turn;
  char* text = texts[turn = (turn + 1) % 4];
  if (result >= 0) {
    snprintf(text, 64, "%ld", result);
  } else {
    snprintf(text, 64, "errno %d", errno);
  }
  return text;
}

static int pair[2];
static void fresh(int flags) {
  if (pair[0] > 0) close(pair[0]), close(pair[1]);
  if (socketpair(AF_UNIX, SOCK_STREAM | flags, 0, pair) != 0) printf("socketpair: %s\n", ended(-1));
}

static void events(const char* when) {
  struct pollfd polled[2] = {{.fd = pair[0], .events = POLLIN | POLLOUT | POLLRDHUP}, {.fd = pair[1], .events = POLLIN | POLLOUT | POLLRDHUP}};
  poll(polled, 2, 0);
  printf("%s: %x %x\n", when, polled[0].revents, polled[1].revents);
}

static void refusals(void) {
  int ends[2];
  printf("unknown family: %s\n", ended(socketpair(77, SOCK_STREAM, 0, ends)));
  printf("wrong protocol: %s\n", ended(socketpair(AF_UNIX, SOCK_STREAM, 5, ends)));
  printf("no type: %s\n", ended(socketpair(AF_UNIX, 0, 0, ends)));
  printf("ends at null: %s\n", ended(socketpair(AF_UNIX, SOCK_STREAM, 0, 0)));
  const int file = open("/dev/null", O_RDWR);
  char byte = 0;
  printf("send to a file: %s\n", ended(send(file, &byte, 1, 0)));
  printf("receive from none: %s\n", ended(recv(77, &byte, 1, 0)));
  printf("shut a file: %s\n", ended(shutdown(file, SHUT_RD)));
  close(file);
  printf("shut what: %s\n", ended(shutdown(pair[0], 7)));
  const struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/x"};
  printf("send with a name: %s\n", ended(sendto(pair[0], &byte, 1, 0, (const struct sockaddr*)&name, sizeof(name))));
  printf("seek: %s\n", ended(lseek(pair[0], 0, SEEK_SET)));
  printf("pread: %s\n", ended(pread(pair[0], &byte, 1, 0)));
  printf("send from null: %s\n", ended(send(pair[0], 0, 16, 0)));
  printf("out of band: %s\n", ended(recv(pair[0], &byte, 1, MSG_OOB | MSG_DONTWAIT)) ? "asked" : "");
}

// A C library asks a cache of names through a socket, and goes on without one where sockets of that family are unknown.
static void names(void) {
  printf("socket of an unknown family: %s\n", ended(socket(77, SOCK_STREAM, 0)));
  struct passwd user, *found = &user;
  char text[1024];
  const int status = getpwnam_r("nobody has this name", &user, text, sizeof(text), &found);
  printf("unknown user: %d, %s\n", status, found == NULL ? "none" : "one");
  gid_t groups[4];
  int count = 4;
  printf("groups of an unknown user: %s", ended(getgrouplist("nobody has this name", 5, groups, &count)));
  printf(", %d\n", count);
}

static void options(void) {
  const int asked[] = {SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, SO_PASSCRED, SO_REUSEADDR, SO_KEEPALIVE};
  for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
    int value = -1;
    socklen_t length = sizeof(value);
    const long result = getsockopt(pair[0], SOL_SOCKET, asked[i], &value, &length);
    printf("option %d: %s, %d in %u bytes\n", asked[i], ended(result), value, length);
  }
  int value = -1;
  socklen_t length = 2;
  printf("a short look: %s, %u bytes\n", ended(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, &length)), length);
  printf("no such option: %s\n", ended(getsockopt(pair[0], SOL_SOCKET, 7777, &value, &length)));
  printf("another level: %s\n", ended(getsockopt(pair[0], 6, 1, &value, &length)));
  printf("set: %s\n", ended(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, &(int){0}, sizeof(int))));
  printf("set from two bytes: %s\n", ended(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, &value, 2)));
  struct ucred peer;
  length = sizeof(peer);
  const long result = getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length);
  printf("the peer: %s, %s process, %s user\n", ended(result), peer.pid == getpid() ? "this" : "another", peer.uid == geteuid() ? "this" : "another");
  struct sockaddr_un name;
  length = sizeof(name);
  printf("own name: %s, ", ended(getsockname(pair[0], (struct sockaddr*)&name, &length)));
  printf("family %d, %u bytes\n", name.sun_family, length);
  length = 1;
  printf("the peer's name, one byte: %s, ", ended(getpeername(pair[0], (struct sockaddr*)&name, &length)));
  printf("%u bytes\n", length);
  struct stat about;
  fstat(pair[0], &about);
  printf("socket: %d, flags %x\n", S_ISSOCK(about.st_mode), fcntl(pair[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  char link[64], target[64] = "";
  snprintf(link, sizeof(link), "/proc/self/fd/%d", pair[0]);
  readlink(link, target, sizeof(target) - 1);
  printf("link: %.8s\n", target);
}

static void bytes(void) {
  char buffer[64] = "";
  printf("send: %s\n", ended(send(pair[0], "hello, world", 12, 0)));
  int waiting = 0;
  ioctl(pair[1], FIONREAD, &waiting);
  printf("waiting: %d\n", waiting);
  events("with bytes");
  printf("peek: %s %.4s\n", ended(recv(pair[1], buffer, 4, MSG_PEEK)), buffer);
  printf("receive: %s %.6s\n", ended(read(pair[1], buffer, 6)), buffer);
  struct iovec in[2] = {{buffer, 2}, {buffer + 10, 20}};
  struct msghdr message = {.msg_iov = in, .msg_iovlen = 2, .msg_controllen = 8, .msg_control = buffer + 40, .msg_namelen = 5, .msg_name = buffer + 50};
  printf("message: %s, ", ended(recvmsg(pair[1], &message, 0)));
  printf("%.2s %.4s, name %u, control %u, flags %x\n", buffer, buffer + 10, message.msg_namelen, (unsigned)message.msg_controllen, message.msg_flags);
  printf("nothing left: %s\n", ended(recv(pair[1], buffer, 4, MSG_DONTWAIT)));
  printf("nothing wanted: %s\n", ended(recv(pair[1], buffer, 0, MSG_DONTWAIT)));
  const struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
  const struct msghdr sent = {.msg_iov = (struct iovec*)out, .msg_iovlen = 3};
  printf("send a message: %s\n", ended(sendmsg(pair[1], &sent, 0)));
  struct sockaddr_un from;
  socklen_t length = sizeof(from);
  printf("from: %s, ", ended(recvfrom(pair[0], buffer, sizeof(buffer), 0, (struct sockaddr*)&from, &length)));
  printf("%.5s, a name of %u bytes\n", buffer, length);
}

static void* feed(void* unused) {
  (void)unused;
  char block[5000];
  for (int i = 0; i < 400; i++) {
    memset(block, 'a' + i % 26, sizeof(block));
    for (size_t at = 0; at < sizeof(block);) at += (size_t)write(pair[0], block + at, sizeof(block) - at);
  }
  usleep(20000);
  send(pair[0], "123", 3, 0);
  usleep(20000);
  send(pair[0], "456", 3, 0);
  shutdown(pair[0], SHUT_WR);
  return 0;
}

static void threads(void) {
  pthread_t thread;
  pthread_create(&thread, 0, feed, 0);
  unsigned long total = 0, sum = 0;
  static unsigned char buffer[7001];
  while (total < 2000000) {
    const size_t most = 2000000 - total < sizeof(buffer) ? 2000000 - total : sizeof(buffer);
    const ssize_t got = read(pair[1], buffer, most);
    for (ssize_t i = 0; i < got; i++) sum = sum * 31 + buffer[i];
    total += (unsigned long)got;
  }
  printf("through: %lu bytes, %lx\n", total, sum);
  printf("all of six: %s\n", ended(recv(pair[1], buffer, 6, MSG_WAITALL)));
  printf("the end: %s\n", ended(recv(pair[1], buffer, 6, MSG_WAITALL)));
  pthread_join(thread, 0);
}

static int broken;
static void count(int number) {
  (void)number;
  broken++;
}

static void shutting(void) {
  char byte;
  events("new");
  shutdown(pair[0], SHUT_WR);
  events("one says no more");
  printf("the end: %s\n", ended(read(pair[1], &byte, 1)));
  printf("back: %s\n", ended(write(pair[1], "x", 1)));
  printf("no more from here: %s, %d signals\n", ended(write(pair[0], "x", 1)), broken);
  printf("nor with a signal: %s, %d signals\n", ended(send(pair[0], "x", 1, MSG_NOSIGNAL)), broken);
  printf("still read: %s\n", ended(read(pair[0], &byte, 1)));
  shutdown(pair[0], SHUT_RD);
  events("nor listens");
  fresh(0);
  close(pair[1]);
  pair[1] = dup(pair[0]);
  events("the other closed");
  printf("write: %s, %d signals\n", ended(write(pair[0], "x", 1)), broken);
  printf("read: %s\n", ended(read(pair[0], &byte, 1)));
}

static void full(void) {
  static char block[4096];
  long total = 0;
  ssize_t put;
  while ((put = send(pair[0], block, sizeof(block), MSG_DONTWAIT)) > 0) total += put;
  printf("full: %s, %s\n", ended(put), total > 30000 ? "after a good deal" : "too soon");
  int waiting = 0;
  ioctl(pair[1], FIONREAD, &waiting);
  printf("all of it waits: %d\n", waiting == total);
  struct pollfd polled = {.fd = pair[0], .events = POLLOUT};
  printf("room: %d\n", poll(&polled, 1, 0));
  const int set = epoll_create1(0);
  epoll_ctl(set, EPOLL_CTL_ADD, pair[0], &(struct epoll_event){.events = EPOLLOUT | EPOLLET});
  struct epoll_event event;
  printf("epoll: %d\n", epoll_wait(set, &event, 1, 0));
  while (recv(pair[1], block, sizeof(block), MSG_DONTWAIT) > 0) {}
  printf("room again: %d, %d\n", poll(&polled, 1, 0), epoll_wait(set, &event, 1, 0));
  close(set);
}

int main(void) {
  signal(SIGPIPE, count);
  fresh(0);
  refusals();
  names();
  options();
  bytes();
  threads();
  fresh(0);
  shutting();
  fresh(0);
  full();
  fresh(SOCK_NONBLOCK | SOCK_CLOEXEC);
  char byte;
  printf("nonblocking: %s, close on exec %d\n", ended(read(pair[0], &byte, 1)), fcntl(pair[1], F_GETFD));
  return 0;
}
