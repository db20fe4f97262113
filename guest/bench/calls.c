// Times system calls, a line each: NAME NANOSECONDS, the median of several rounds. The same file runs in every guest that is compared,
// and on the host. With `-icount` the emulator's clock counts instructions, and so do these lines.
//
//     calls [ROUNDS [NAME]]
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int zero_fd;
static char page[4096];

static void Fail(const char* what) {
  perror(what);
  exit(1);
}

static void Getpid(void) {
  if (syscall(SYS_getpid) <= 0) Fail("getpid");
}

static void ReadPage(void) {
  if (read(zero_fd, page, sizeof(page)) != sizeof(page)) Fail("read");
}

static void ReadByte(void) {
  if (read(zero_fd, page, 1) != 1) Fail("read");
}

static void Getrandom(void) {
  if (getrandom(page, 32, 0) != 32) Fail("getrandom");
}

static void MapTouchUnmap(void) {
  volatile char* mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) Fail("mmap");
  mapped[0] = 1;
  if (munmap((void*)mapped, 4096) != 0) Fail("munmap");
}

static void* Nothing(void* argument) { return argument; }

static void CreateJoin(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, Nothing, NULL) != 0) Fail("pthread_create");
  pthread_join(thread, NULL);
}

// A block of the kernel's heap, taken and given back.
static void EventClose(void) {
  if (close(eventfd(0, 0)) != 0) Fail("eventfd");
}

static void Yield(void) { sched_yield(); }

static void Clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
}

static const struct {
  const char* name;
  void (*call)(void);
  int count;  // in a round: a few milliseconds
} kTimed[] = {
    {"getpid", Getpid, 10000},         {"read-4096", ReadPage, 1500},           {"read-1", ReadByte, 4000},
    {"getrandom-32", Getrandom, 2000}, {"map-touch-unmap", MapTouchUnmap, 100}, {"thread-create-join", CreateJoin, 60},
    {"sched_yield", Yield, 4000},      {"clock_gettime", Clock, 20000},         {"eventfd-close", EventClose, 1000},
};

static int64_t Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int Compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  enum { kMostRounds = 101 };
  static double samples[kMostRounds];
  int rounds = argc > 1 ? atoi(argv[1]) : 7;
  if (rounds < 1 || rounds > kMostRounds) rounds = 7;
  zero_fd = open("/dev/zero", O_RDONLY);
  if (zero_fd < 0) Fail("/dev/zero");
  for (size_t i = 0; i < sizeof(kTimed) / sizeof(kTimed[0]); i++) {
    if (argc > 2 && strcmp(argv[2], kTimed[i].name) != 0) continue;
    for (int warm = 0; warm < 10; warm++) kTimed[i].call();
    for (int round = 0; round < rounds; round++) {
      const int64_t start = Now();
      for (int n = 0; n < kTimed[i].count; n++) kTimed[i].call();
      samples[round] = (double)(Now() - start) / kTimed[i].count;
    }
    qsort(samples, (size_t)rounds, sizeof(samples[0]), Compare);
    printf("%s %.1f\n", kTimed[i].name, samples[rounds / 2]);
  }
  return 0;
}
