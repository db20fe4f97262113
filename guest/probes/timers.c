// Clocks, sleeps and timers as a program sees them. Prints the same on Linux and on Caponier; the differential test compares.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static long result;
#define CHECK(what, call)                              \
  do {                                                 \
    errno = 0;                                         \
    result = (call);                                   \
    printf("%s: %ld errno %d\n", what, result, errno); \
  } while (0)

static volatile sig_atomic_t handled;
static siginfo_t last;
static void on_signal(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)context;
  last = *info;
  handled++;
}
static void handle(int signal, int flags) {
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = flags | SA_SIGINFO};
  sigaction(signal, &action, 0);
}
static int64_t now_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}
static struct timespec ms(int64_t value) { return (struct timespec){value / 1000, value % 1000 * 1000000}; }
static void burn(int64_t cpu_ns) {
  const int64_t end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + cpu_ns;
  while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end) {}
}

static void test_clocks(void) {
  const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID,
                              CLOCK_THREAD_CPUTIME_ID, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_TAI};
  for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
    const int64_t a = now_ns(clocks[i]), b = now_ns(clocks[i]);
    struct timespec resolution;
    const int known = clock_getres(clocks[i], &resolution);
    printf("clock %d: monotone %d known %d resolution %ld\n", clocks[i], b >= a, known, resolution.tv_nsec);
  }
  struct timespec time;
  CHECK("no such clock", syscall(SYS_clock_gettime, 77, &time));
  CHECK("bad address", syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 16));
  struct timeval day;
  CHECK("gettimeofday", syscall(SYS_gettimeofday, &day, 0));
  printf("close to the clock: %d\n", llabs(day.tv_sec - now_ns(CLOCK_REALTIME) / 1000000000) <= 1);
  printf("after 2023: %d\n", day.tv_sec > 1700000000);
  clockid_t own;
  pthread_getcpuclockid(pthread_self(), &own);
  burn(2000000);
  printf("own cpu clock runs: %d\n", now_ns(own) > 0);
  clock_getcpuclockid(0, &own);
  printf("process cpu clock runs: %d\n", now_ns(own) > 0);
  printf("times: %d\n", times(&(struct tms){0}) != -1);
  struct rusage usage;
  CHECK("rusage", getrusage(RUSAGE_SELF, &usage));
  printf("cpu used: %d resident: %d\n", usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec > 0,
         usage.ru_maxrss > 0);
  CHECK("bad rusage", getrusage(5, &usage));
}

static int between(int64_t value, int64_t low_ms, int64_t high_ms) { return value >= low_ms * 1000000 && value < high_ms * 1000000; }

static void test_sleep(void) {
  struct timespec time = ms(30), rest;
  int64_t start = now_ns(CLOCK_MONOTONIC);
  CHECK("nanosleep", syscall(SYS_nanosleep, &time, 0));
  printf("slept: %d\n", between(now_ns(CLOCK_MONOTONIC) - start, 30, 1000));
  time = (struct timespec){0, 1000000000};
  CHECK("too many ns", syscall(SYS_nanosleep, &time, 0));
  time = (struct timespec){-1, 0};
  CHECK("negative", syscall(SYS_nanosleep, &time, 0));
  start = now_ns(CLOCK_MONOTONIC) + 20000000;
  time = (struct timespec){start / 1000000000, start % 1000000000};
  CHECK("absolute", syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &time, 0));
  printf("slept: %d\n", between(now_ns(CLOCK_MONOTONIC) - start, 0, 1000));
  start = now_ns(CLOCK_REALTIME) + 20000000;
  time = (struct timespec){start / 1000000000, start % 1000000000};
  CHECK("absolute real", syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &time, 0));
  printf("slept: %d\n", between(now_ns(CLOCK_REALTIME) - start, 0, 1000));
  CHECK("thread clock", syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &time, 0));
  // A signal ends a sleep and tells what was left.
  handle(SIGALRM, SA_RESTART);
  struct itimerval timer = {.it_value = {0, 30000}};
  setitimer(ITIMER_REAL, &timer, 0);
  time = ms(500);
  memset(&rest, 0, sizeof(rest));
  CHECK("interrupted", syscall(SYS_nanosleep, &time, &rest));
  printf("handled %d code %d rest: %d\n", handled, last.si_code, between(rest.tv_sec * 1000000000ll + rest.tv_nsec, 100, 500));
  // An ignored one does not.
  signal(SIGALRM, SIG_IGN);
  setitimer(ITIMER_REAL, &timer, 0);
  time = ms(60);
  start = now_ns(CLOCK_MONOTONIC);
  CHECK("not interrupted", syscall(SYS_nanosleep, &time, 0));
  printf("slept: %d\n", between(now_ns(CLOCK_MONOTONIC) - start, 60, 1000));
}

static void test_itimers(void) {
  handle(SIGALRM, 0);
  handled = 0;
  struct itimerval timer = {.it_interval = {0, 10000}, .it_value = {0, 10000}}, old;
  CHECK("setitimer", setitimer(ITIMER_REAL, &timer, 0));
  while (handled < 5) pause();
  getitimer(ITIMER_REAL, &old);
  printf("interval %ld left %d\n", (long)old.it_interval.tv_usec, old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 10000);
  memset(&timer, 0, sizeof(timer));
  CHECK("disarm", setitimer(ITIMER_REAL, &timer, &old));
  getitimer(ITIMER_REAL, &old);
  printf("left %ld\n", (long)old.it_value.tv_usec);
  timer.it_interval.tv_usec = 20000;
  CHECK("an interval only", setitimer(ITIMER_REAL, &timer, 0));
  getitimer(ITIMER_REAL, &old);
  printf("interval %ld\n", (long)old.it_interval.tv_usec);
  timer.it_interval.tv_usec = 0;
  CHECK("no such timer", syscall(SYS_setitimer, 7, &timer, 0));
  timer.it_value.tv_usec = 1000000;
  CHECK("bad value", setitimer(ITIMER_REAL, &timer, 0));
  printf("alarm before: %u\n", alarm(10));
  printf("alarm again: %u\n", alarm(0));
  handle(SIGPROF, 0);
  handle(SIGVTALRM, 0);
  handled = 0;
  timer = (struct itimerval){.it_value = {0, 20000}};
  setitimer(ITIMER_PROF, &timer, 0);
  burn(60000000);
  printf("profiling: %d signal %d\n", handled, last.si_signo);
  handled = 0;
  setitimer(ITIMER_VIRTUAL, &timer, 0);
  for (volatile long i = 0; handled == 0 && i < 4000000000l; i++) {}
  printf("virtual: %d signal %d\n", handled, last.si_signo);
}

static void test_posix_timers(void) {
  handle(SIGUSR1, 0);
  handled = 0;
  int id = -1;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  CHECK("create", syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  struct itimerspec setting = {.it_value = ms(10), .it_interval = ms(10)}, old;
  CHECK("set", syscall(SYS_timer_settime, id, 0, &setting, &old));
  printf("old: %ld %ld\n", (long)old.it_value.tv_nsec, (long)old.it_interval.tv_nsec);
  while (handled < 3) pause();
  printf("code %d value %d\n", last.si_code, last.si_value.sival_int);
  // While the signal is blocked, expiries count as overruns.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  int64_t most = -now_ns(CLOCK_MONOTONIC);
  sigprocmask(SIG_BLOCK, &set, 0);
  int64_t least = -now_ns(CLOCK_MONOTONIC);
  struct timespec time = ms(120);
  nanosleep(&time, 0);
  handled = 0;
  least += now_ns(CLOCK_MONOTONIC);
  sigprocmask(SIG_UNBLOCK, &set, 0);
  most += now_ns(CLOCK_MONOTONIC);
  printf("overrun: %d, same by call %d\n", last.si_overrun >= least / 10000000 - 1 && last.si_overrun <= most / 10000000,
         syscall(SYS_timer_getoverrun, id) <= last.si_overrun);
  CHECK("get", syscall(SYS_timer_gettime, id, &old));
  printf("interval %ld left %d\n", (long)old.it_interval.tv_nsec, old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000);
  memset(&setting, 0, sizeof(setting));
  CHECK("disarm", syscall(SYS_timer_settime, id, 0, &setting, 0));
  CHECK("delete", syscall(SYS_timer_delete, id));
  CHECK("delete again", syscall(SYS_timer_delete, id));
  event.sigev_notify = SIGEV_NONE;
  CHECK("create silent", syscall(SYS_timer_create, CLOCK_REALTIME, &event, &id));
  setting.it_value = ms(10000);
  syscall(SYS_timer_settime, id, 0, &setting, 0);
  syscall(SYS_timer_gettime, id, &old);
  printf("left %d\n", old.it_value.tv_sec >= 9);
  syscall(SYS_timer_delete, id);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = 100;
  CHECK("bad signal", syscall(SYS_timer_create, CLOCK_REALTIME, &event, &id));
  event.sigev_signo = SIGUSR1;
  CHECK("bad clock", syscall(SYS_timer_create, 55, &event, &id));
  event.sigev_notify = 4;  // SIGEV_THREAD_ID
  *(int*)((char*)&event + 16) = (int)syscall(SYS_gettid);
  handled = 0;
  CHECK("cpu timer to a thread", syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &event, &id));
  setting = (struct itimerspec){.it_value = ms(10)};
  syscall(SYS_timer_settime, id, 0, &setting, 0);
  burn(40000000);
  printf("cpu timer: %d value %d\n", handled, last.si_value.sival_int);
  syscall(SYS_timer_delete, id);
}

static void test_timer_descriptors(void) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  printf("timerfd: %d\n", fd > 2);
  uint64_t count = 0;
  CHECK("read disarmed", read(fd, &count, 8));
  struct itimerspec setting = {.it_value = ms(10), .it_interval = ms(10)}, old;
  int64_t most = -now_ns(CLOCK_MONOTONIC);
  CHECK("set", timerfd_settime(fd, 0, &setting, 0));
  int64_t least = -now_ns(CLOCK_MONOTONIC);
  struct pollfd waiting = {.fd = fd, .events = POLLIN};
  CHECK("poll", poll(&waiting, 1, 1000));
  printf("revents %d\n", waiting.revents);
  struct timespec time = ms(55);
  nanosleep(&time, 0);
  least += now_ns(CLOCK_MONOTONIC);
  CHECK("read", read(fd, &count, 8));
  most += now_ns(CLOCK_MONOTONIC);
  printf("count %d\n", (int64_t)count >= least / 10000000 - 1 && (int64_t)count <= most / 10000000);
  CHECK("read short", read(fd, &count, 4));
  CHECK("gettime", timerfd_gettime(fd, &old));
  printf("interval %ld left %d\n", (long)old.it_interval.tv_nsec, old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000);
  CHECK("write", write(fd, &count, 8));
  CHECK("bad flags", timerfd_create(CLOCK_MONOTONIC, 77));
  CHECK("bad clock", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  CHECK("not a timer", timerfd_gettime(1, &old));
  close(fd);
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  test_clocks();
  test_sleep();
  test_itimers();
  test_posix_timers();
  test_timer_descriptors();
  printf("done\n");
  return 0;
}
