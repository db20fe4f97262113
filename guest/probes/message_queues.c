// POSIX message queues. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest/probes/show.h"

static char name[64];
static mqd_t queue;

static mqd_t Open(int flags, long count, long bytes) {
  struct mq_attr wanted = {.mq_maxmsg = count, .mq_msgsize = bytes};
  return mq_open(name, flags, 0640, count == 0 && bytes == 0 ? 0 : &wanted);
}
static void Refused(const char* what, int flags, long count, long bytes) { Show(what, Open(flags, count, bytes)); }
static void Describe(const char* what) {
  struct mq_attr state;
  if (mq_getattr(queue, &state) != 0) {
    printf("%s: errno %d\n", what, errno);
    return;
  }
  printf("%s: %ld of %ld, %ld bytes each, nonblocking %d\n", what, state.mq_curmsgs, state.mq_maxmsg, state.mq_msgsize,
         (state.mq_flags & O_NONBLOCK) != 0);
}
static int Say(const char* text, unsigned priority) { return mq_send(queue, text, strlen(text), priority); }
static void Take(const char* what, size_t room) {
  char text[100] = {0};
  unsigned priority = 99;
  const ssize_t got = mq_receive(queue, text, room, &priority);
  if (got < 0) {
    printf("%s: errno %d\n", what, errno);
  } else {
    printf("%s: %zd of %u, %s\n", what, got, priority, text);
  }
}
static struct timespec In(long ms) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += ms * 1000000;
  time.tv_sec += time.tv_nsec / 1000000000;
  time.tv_nsec %= 1000000000;
  return time;
}
static void Ready(const char* what) {
  struct pollfd one = {queue, POLLIN | POLLOUT, 0};
  printf("%s: %d", what, poll(&one, 1, 0));
  printf(" %x\n", (unsigned)one.revents);
}

// In a thread, which prints nothing: what is printed has one order.
struct Other {
  char text[100];
  unsigned priority;
  long result;
  int error;
};
static void* Receive(void* other) {
  struct Other* self = other;
  self->result = mq_receive(queue, self->text, 100, &self->priority);
  return 0;
}
static void* Send(void* other) {
  struct Other* self = other;
  self->result = Say(self->text, 5);
  self->error = errno;
  return 0;
}
static void OnSignal(int signal) { (void)signal; }
static void Notified(const char* what) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  siginfo_t info;
  const int signal = sigtimedwait(&set, &info, &(struct timespec){0, 0});
  if (signal < 0) {
    printf("%s: no signal\n", what);
  } else {
    printf("%s: signal %d, code %d, value %d, from this %d\n", what, signal == SIGUSR2, info.si_code, info.si_value.sival_int,
           info.si_pid == getpid());
  }
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  umask(022);
  snprintf(name, sizeof(name), "/caponier-%d", getpid());
  Refused("none yet", O_RDWR, 0, 0);
  Refused("no messages", O_RDWR | O_CREAT, 0, 10);
  Refused("no bytes", O_RDWR | O_CREAT, 10, 0);
  Refused("fewer than none", O_RDWR | O_CREAT, -1, 10);
  struct rlimit limit, little;
  printf("limit: %d\n", getrlimit(RLIMIT_MSGQUEUE, &limit) == 0 && limit.rlim_cur >= 819200);
  little = limit;
  little.rlim_cur = 700;
  setrlimit(RLIMIT_MSGQUEUE, &little);
  Refused("too much together", O_RDWR | O_CREAT, 4, 100);
  setrlimit(RLIMIT_MSGQUEUE, &limit);
  Show("a path", mq_open("/a/b", O_RDWR | O_CREAT, 0600, 0));
  Show("a dot", mq_open("/.", O_RDWR | O_CREAT, 0600, 0));
  char longer[300];
  memset(longer, 'x', sizeof(longer));
  longer[0] = '/';
  longer[257] = 0;
  Show("too long", mq_open(longer, O_RDWR | O_CREAT, 0600, 0));
  queue = Open(O_RDWR | O_CREAT, 0, 0);
  Describe("as they are");
  Show("unlinked", mq_unlink(name));
  mq_close(queue);
  Show("unlinked twice", mq_unlink(name));

  queue = Open(O_RDWR | O_CREAT | O_EXCL, 4, 100);
  printf("made: %d, closed on exec: %d\n", queue >= 0, fcntl(queue, F_GETFD) == FD_CLOEXEC);
  Refused("once only", O_RDWR | O_CREAT | O_EXCL, 4, 100);
  struct stat state;
  printf("file: %d, %o, %d bytes\n", fstat(queue, &state), state.st_mode, (int)state.st_size);
  Describe("new");
  Ready("nothing there");
  Show("said", Say("low", 1));
  Say("high", 7);
  Say("low again", 1);
  Ready("something there");
  Say("highest", 32767);
  Ready("full");
  Show("priority too high", Say("x", 32768));
  Describe("full");
  const struct timespec soon = In(30);
  Show("full", mq_timedsend(queue, "x", 1, 1, &soon));
  Show("time of no kind", mq_timedsend(queue, "x", 1, 1, &(struct timespec){0, -1}));
  Show("too large", mq_send(queue, longer, 101, 1));
  Show("from nowhere", mq_send(queue, (void*)8, 1, 1));
  Take("too little room", 99);
  Take("first", 100);
  Take("second", 100);
  Take("third", 100);
  Take("fourth", 100);
  const struct timespec later = In(30);
  char text[100];
  Show("none", mq_timedreceive(queue, text, 100, 0, &later));
  Show("long ago", mq_timedreceive(queue, text, 100, 0, &(struct timespec){1, 0}));

  struct mq_attr wanted = {.mq_flags = O_NONBLOCK}, old;
  Show("nonblocking", mq_setattr(queue, &wanted, &old));
  printf("was: %ld, is: %d\n", old.mq_flags, (fcntl(queue, F_GETFL) & O_NONBLOCK) != 0);
  wanted.mq_flags = O_APPEND;
  Show("no such flag", mq_setattr(queue, &wanted, 0));
  Take("none now", 100);
  Show("an empty one", Say("", 0));
  Take("an empty one", 100);
  const mqd_t reader = mq_open(name, O_RDONLY), writer = mq_open(name, O_WRONLY);
  Show("not written", mq_send(reader, "x", 1, 1));
  Show("not read", mq_receive(writer, text, 100, 0));
  Show("no queue", mq_send(1, "x", 1, 1));
  Show("nothing open", mq_send(999, "x", 1, 1));
  const int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  Show("watched", epoll_ctl(epoll, EPOLL_CTL_ADD, reader, &event));
  Show("quiet", epoll_wait(epoll, &event, 1, 0));
  Show("by another", mq_send(writer, "x", 1, 1));
  Show("loud", epoll_wait(epoll, &event, 1, 0));
  Take("by another", 100);

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, 0);
  struct sigevent notify = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 42};
  Show("notify", mq_notify(queue, &notify));
  Show("notify another", mq_notify(reader, &notify));
  Notified("not yet");
  Say("first", 1);
  Notified("first");
  Show("notify again", mq_notify(queue, &notify));
  Say("second", 1);
  Notified("not the first there");
  Take("first", 100);
  Take("second", 100);
  Say("third", 1);
  Notified("third");
  Show("notify anew", mq_notify(queue, &notify));
  Show("no more", mq_notify(queue, 0));
  Show("no more", mq_notify(queue, 0));
  Take("third", 100);
  Say("fourth", 1);
  Notified("fourth");
  Take("fourth", 100);
  notify.sigev_notify = 77;
  Show("no such way", mq_notify(queue, &notify));
  notify.sigev_notify = SIGEV_SIGNAL;
  notify.sigev_signo = 65;
  Show("no such signal", mq_notify(queue, &notify));
  notify.sigev_notify = SIGEV_NONE;
  Show("without a signal", mq_notify(queue, &notify));
  notify.sigev_notify = SIGEV_SIGNAL;
  notify.sigev_signo = SIGUSR2;
  Show("busy", mq_notify(queue, &notify));
  Say("fifth", 1);
  Notified("fifth");
  Take("fifth", 100);

  wanted.mq_flags = 0;
  mq_setattr(queue, &wanted, 0);
  Show("notify", mq_notify(queue, &notify));
  pthread_t thread;
  struct Other receiver = {0};
  pthread_create(&thread, 0, Receive, &receiver);
  usleep(30000);
  Show("for who waits", Say("handed over", 3));
  pthread_join(thread, 0);
  printf("received: %ld %s\n", receiver.result, receiver.text);
  printf("priority: %u\n", receiver.priority);
  Notified("somebody waited");
  Say("1", 1), Say("2", 1), Say("3", 1), Say("4", 1);
  Notified("nobody waited");
  struct Other sender = {.text = "5"};
  pthread_create(&thread, 0, Send, &sender);
  usleep(30000);
  Take("makes room", 100);
  pthread_join(thread, 0);
  errno = sender.error;
  Show("sent", sender.result);
  Take("the later one", 100);
  Take("2", 100), Take("3", 100), Take("4", 100);

  struct sigaction action = {.sa_handler = OnSignal};
  sigaction(SIGALRM, &action, 0);
  ualarm(30000, 0);
  Take("interrupted", 100);

  Show("unlinked", mq_unlink(name));
  Refused("gone", O_RDWR, 0, 0);
  Show("still there", Say("still there", 1));
  Take("still there", 100);
  mq_close(queue), mq_close(reader), mq_close(writer);
  Show("closed", Say("x", 1));

  if (geteuid() != 0) {
    puts("root not here");
    return 0;
  }
  queue = Open(O_RDWR | O_CREAT, 1, 10);
  if (seteuid(12345) != 0) return 1;
  Refused("root another's", O_RDONLY, 0, 0);
  Show("root another's unlinked", mq_unlink(name));
  name[1] = 'u';
  Refused("root too many", O_RDWR | O_CREAT, 11, 10);
  Refused("root too large", O_RDWR | O_CREAT, 10, 8193);
  name[1] = 'c';
  if (seteuid(0) != 0) return 1;
  Show("root unlinked", mq_unlink(name));
  return 0;
}
