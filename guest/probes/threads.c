// Threads and futexes as a program sees them. Prints the same on Linux and on Caponier; the differential test compares.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// <linux/futex.h>, which musl's headers leave out.
enum { FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI,
       FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_PRIVATE_FLAG = 128, FUTEX_CLOCK_REALTIME = 256, FUTEX_TID_MASK = 0x3fffffff };
enum { FUTEX_OP_ADD = 1, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_CMP_EQ = 0, FUTEX_OP_CMP_GT = 4 };
#define FUTEX_OP(op, operand, compare, with) ((unsigned)(op) << 28 | (compare) << 24 | (operand) << 12 | (with))

static long result;
#define CHECK(what, call)                                      \
  do {                                                         \
    errno = 0;                                                 \
    result = (call);                                           \
    printf("%s: %ld errno %d\n", what, result, errno);         \
  } while (0)

static long futex(void* word, int op, unsigned value, void* timeout, void* second, unsigned third) {
  return syscall(SYS_futex, word, op, value, timeout, second, third);
}

enum { kThreads = 8, kRounds = 2000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static volatile long spins;

static void* add(void* argument) {
  for (int i = 0; i < kRounds; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    if (i % 97 == 0) sched_yield();
  }
  return argument;
}

static void test_mutex(void) {
  pthread_t threads[kThreads];
  for (intptr_t i = 0; i < kThreads; i++) pthread_create(&threads[i], 0, add, (void*)i);
  long sum = 0;
  for (int i = 0; i < kThreads; i++) {
    void* value;
    pthread_join(threads[i], &value);
    sum += (intptr_t)value;
  }
  printf("mutex: %ld sum of results %ld\n", counter, sum);
}

static int turn;
static void* take_turns(void* argument) {
  const int self = (intptr_t)argument;
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % 3 != self) pthread_cond_wait(&condition, &mutex);
    turn++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}
static void test_condition(void) {
  pthread_t threads[3];
  for (intptr_t i = 0; i < 3; i++) pthread_create(&threads[i], 0, take_turns, (void*)i);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  printf("turns: %d\n", turn);
  struct timespec when;
  clock_gettime(CLOCK_REALTIME, &when);
  when.tv_nsec += 20000000;
  if (when.tv_nsec >= 1000000000) when.tv_sec++, when.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  CHECK("timed wait", pthread_cond_timedwait(&condition, &mutex, &when));
  pthread_mutex_unlock(&mutex);
}

// A thread that never yields must not keep the others from running.
static volatile int stop;
static void* spin(void* argument) {
  while (!stop) spins++;
  return argument;
}
static void test_preemption(void) {
  pthread_t a, b;
  pthread_create(&a, 0, spin, 0);
  pthread_create(&b, 0, spin, 0);
  struct timespec ms50 = {0, 50000000};
  nanosleep(&ms50, 0);
  stop = 1;
  pthread_join(a, 0);
  pthread_join(b, 0);
  printf("preempted: %d\n", spins > 0);
}

static __thread int local = 5;
static void* own_local(void* argument) {
  local += (intptr_t)argument;
  return (void*)(intptr_t)local;
}
static void test_locals(void) {
  pthread_t thread;
  void* value;
  pthread_create(&thread, 0, own_local, (void*)10);
  pthread_join(thread, &value);
  printf("thread local: %ld, ours %d\n", (long)(intptr_t)value, local);
}

static void test_futex(void) {
  static unsigned word = 7, other = 0;
  struct timespec little = {0, 10000000}, bad = {0, 1000000000};
  CHECK("wait on another value", futex(&word, FUTEX_WAIT, 8, 0, 0, 0));
  CHECK("wait with timeout", futex(&word, FUTEX_WAIT, 7, &little, 0, 0));
  CHECK("wait private with timeout", futex(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 7, &little, 0, 0));
  CHECK("bad timeout", futex(&word, FUTEX_WAIT, 7, &bad, 0, 0));
  CHECK("bad address", futex((void*)4096, FUTEX_WAIT, 7, 0, 0, 0));
  CHECK("unaligned", futex((char*)&word + 1, FUTEX_WAIT, 7, 0, 0, 0));
  CHECK("wake nobody", futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
  CHECK("no bits", futex(&word, FUTEX_WAIT_BITSET, 7, 0, 0, 0));
  CHECK("past moment", futex(&word, FUTEX_WAIT_BITSET, 7, &little, 0, ~0u));
  CHECK("past real moment", futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 7, &little, 0, ~0u));
  CHECK("realtime wait", futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 8, &little, 0, ~0u));
  CHECK("requeue of another value", futex(&word, FUTEX_CMP_REQUEUE, 1, (void*)1, &other, 8));
  CHECK("requeue nobody", futex(&word, FUTEX_CMP_REQUEUE, 1, (void*)1, &other, 7));
  CHECK("negative requeue", futex(&word, FUTEX_REQUEUE, -1, (void*)1, &other, 7));
  CHECK("unknown", futex(&word, 99, 0, 0, 0, 0));
  // other |= 4, then wake its waiters if it was equal to 0.
  CHECK("wake op", futex(&word, FUTEX_WAKE_OP, 1, (void*)1, &other, FUTEX_OP(FUTEX_OP_OR, 4, FUTEX_OP_CMP_EQ, 0)));
  printf("other: %u\n", other);
  CHECK("wake op andn", futex(&word, FUTEX_WAKE_OP, 1, (void*)1, &other, FUTEX_OP(FUTEX_OP_ANDN, 4, FUTEX_OP_CMP_GT, 3)));
  printf("other: %u\n", other);
  CHECK("wake op shift", futex(&word, FUTEX_WAKE_OP, 1, (void*)1, &other, FUTEX_OP(FUTEX_OP_ADD | 8, 5, FUTEX_OP_CMP_GT, 3)));
  printf("other: %u\n", other);
}

static unsigned gate, second_gate;
static int woken;
static void* wait_at_gate(void* bits) {
  while (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) == 0) {
    if (futex(&gate, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, 0, 0, (unsigned)(uintptr_t)bits) == 0) break;
  }
  __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
  return 0;
}
static void pause_ms(int ms) {
  struct timespec time = {0, ms * 1000000};
  nanosleep(&time, 0);
}
static void test_bits_and_requeue(void) {
  pthread_t threads[4];
  for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], 0, wait_at_gate, (void*)(uintptr_t)(1u << i));
  pause_ms(30);
  CHECK("wake bit 2", futex(&gate, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 9, 0, 0, 4));
  pause_ms(10);
  printf("woken %d\n", woken);
  CHECK("requeue", futex(&gate, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, (void*)9, &second_gate, 0));
  pause_ms(10);
  printf("woken %d\n", woken);
  CHECK("wake first", futex(&gate, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 9, 0, 0, 0));
  CHECK("wake second", futex(&second_gate, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 9, 0, 0, 0));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("woken %d\n", woken);
}

static pthread_mutex_t robust;
static void* die_holding(void* argument) {
  pthread_mutex_lock(&robust);
  return argument;
}
static void* wait_for_robust(void* argument) {
  (void)argument;
  return (void*)(intptr_t)pthread_mutex_lock(&robust);
}
static void* hold_a_while(void* argument) {
  pthread_mutex_lock(&robust);
  pause_ms(30);
  return argument;
}
static void test_robust(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_t thread, waiter;
  pthread_create(&thread, 0, die_holding, 0);
  pthread_join(thread, 0);
  CHECK("lock of the dead", pthread_mutex_lock(&robust));
  CHECK("consistent", pthread_mutex_consistent(&robust));
  CHECK("unlock", pthread_mutex_unlock(&robust));
  pthread_create(&thread, 0, hold_a_while, 0);
  pause_ms(10);
  pthread_create(&waiter, 0, wait_for_robust, 0);
  void* value;
  pthread_join(waiter, &value);
  pthread_join(thread, 0);
  printf("waiter of the dead: %ld\n", (long)(intptr_t)value);
}

static void test_priority_lock(void) {
  static unsigned word;
  CHECK("lock pi", futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  printf("owner is us: %d\n", (word & FUTEX_TID_MASK) == (unsigned)syscall(SYS_gettid));
  CHECK("lock again", futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  CHECK("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  printf("word: %u\n", word);
  CHECK("unlock again", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  CHECK("trylock", futex(&word, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
  CHECK("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
}

static void* cancelled(void* argument) {
  (void)argument;
  for (;;) pause();
}
static void test_cancel(void) {
  pthread_t thread;
  void* value;
  pthread_create(&thread, 0, cancelled, 0);
  pause_ms(10);
  pthread_cancel(thread);
  pthread_join(thread, &value);
  printf("cancelled: %d\n", value == PTHREAD_CANCELED);
}

static void test_settings(void) {
  char name[16] = "";
  prctl(PR_SET_NAME, "a name that is too long");
  CHECK("get name", prctl(PR_GET_NAME, name));
  printf("name: %s\n", name);
  CHECK("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  CHECK("get it", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  CHECK("dumpable", prctl(PR_GET_DUMPABLE));
  CHECK("bad prctl", prctl(12345, 0, 0, 0, 0));
  CHECK("scheduler", syscall(SYS_sched_getscheduler, 0));
  CHECK("fifo maximum", sched_get_priority_max(SCHED_FIFO));
  CHECK("fifo minimum", sched_get_priority_min(SCHED_FIFO));
  CHECK("other maximum", sched_get_priority_max(SCHED_OTHER));
  CHECK("bad policy", sched_get_priority_max(77));
  CHECK("nobody", syscall(SYS_sched_getscheduler, 999999));
  CHECK("priority", syscall(SYS_getpriority, PRIO_PROCESS, 0));
  CHECK("wait for no child", waitpid(-1, 0, 0));
  CHECK("tgkill to nobody", syscall(SYS_tgkill, getpid(), 999999, 0));
  CHECK("tgkill to us", syscall(SYS_tgkill, getpid(), (int)syscall(SYS_gettid), 0));
  CHECK("bad clone", syscall(SYS_clone, 0x10000 /* CLONE_THREAD alone */, 0, 0, 0, 0));
  CHECK("bad clone3 size", syscall(SYS_clone3, &robust, 8));
  CHECK("bad robust size", syscall(SYS_set_robust_list, &robust, 8));
  unsigned char set[128];
  errno = 0;
  result = syscall(SYS_sched_getaffinity, 0, sizeof(set), set);
  printf("affinity: %d first cpu or none %d\n", result > 0, result > 0);
  CHECK("affinity too small", syscall(SYS_sched_getaffinity, 0, 1, set));
  unsigned cpu, node;
  CHECK("getcpu", syscall(SYS_getcpu, &cpu, &node, 0));
}

static void* many(void* argument) { return argument; }
static void test_many(void) {
  long sum = 0;
  for (intptr_t i = 0; i < 300; i++) {
    pthread_t thread;
    void* value;
    if (pthread_create(&thread, 0, many, (void*)i) != 0) break;
    pthread_join(thread, &value);
    sum += (intptr_t)value;
  }
  printf("many: %ld\n", sum);
}

static void* detached(void* argument) {
  sem_post(argument);
  return 0;
}
static void test_detached(void) {
  sem_t done;
  sem_init(&done, 0, 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  for (int i = 0; i < 5; i++) pthread_create(&thread, &attributes, detached, &done);
  for (int i = 0; i < 5; i++) sem_wait(&done);
  printf("detached: done\n");
}

// musl's functions of these names say ENOSYS and ask nobody.
static int set_policy(int thread, int wanted, const struct sched_param* parameters) {
  return (int)syscall(SYS_sched_setscheduler, thread, wanted, parameters);
}
static int policy(void) { return (int)syscall(SYS_sched_getscheduler, 0); }

static void* show_policy(void* unused) {
  printf("policy of a thread made now: %d\n", policy());
  return unused;
}

static void test_policy(void) {
  const struct sched_param none = {0}, some = {.sched_priority = 5};
  printf("batch: %d, %d\n", set_policy(0, SCHED_BATCH, &none), policy());
  pthread_t thread;
  pthread_create(&thread, 0, show_policy, 0);
  pthread_join(thread, 0);
  printf("with a priority: %d, %d\n", set_policy(0, SCHED_OTHER, &some), errno);
  printf("idle: %d, %d\n", set_policy(0, SCHED_IDLE, &none), policy());
  printf("other: %d, %d\n", set_policy(0, SCHED_OTHER, &none), policy());
}

static long barrier(int command, unsigned flags) {
  errno = 0;
  return syscall(SYS_membarrier, command, flags, 0);
}

static void test_barriers(void) {
  printf("barriers: %ld\n", barrier(0, 0) & 0x1f);
  printf("private, not registered: %ld, %d\n", barrier(8, 0), errno);
  printf("registered: %ld\n", barrier(16, 0));
  printf("private: %ld\n", barrier(8, 0));
  printf("global: %ld\n", barrier(1, 0));
  printf("unknown: %ld, %d\n", barrier(777, 0), errno);
  printf("with flags: %ld, %d\n", barrier(8, 7), errno);
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  test_mutex();
  test_condition();
  test_preemption();
  test_locals();
  test_futex();
  test_bits_and_requeue();
  test_robust();
  test_priority_lock();
  test_cancel();
  test_settings();
  test_policy();
  test_barriers();
  test_many();
  test_detached();
  printf("done\n");
  return 0;
}
