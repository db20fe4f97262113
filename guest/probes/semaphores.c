// System V's semaphores. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include "guest/probes/show.h"

union semun {
  int val;
  struct semid_ds* buf;
  unsigned short* array;
  struct seminfo* info;
};

static int Control(int id, int number, int command, long value) {
  return semctl(id, number, command, (union semun){.array = (unsigned short*)value});
}
static int Operate(int id, int number, int change, int flags) {
  struct sembuf one = {(unsigned short)number, (short)change, (short)flags};
  return semop(id, &one, 1);
}
static int Timed(int id, int number, int change, long ms) {
  struct sembuf one = {(unsigned short)number, (short)change, 0};
  const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  return semtimedop(id, &one, 1, &time);
}
static void Values(const char* what, int id) {
  unsigned short all[4] = {9, 9, 9, 9};
  const int result = Control(id, 0, GETALL, (long)all);
  printf("%s: %d, %d %d %d %d\n", what, result, all[0], all[1], all[2], all[3]);
}
static void Describe(const char* what, int id) {
  struct semid_ds state;
  if (Control(id, 0, IPC_STAT, (long)&state) != 0) {
    printf("%s: errno %d\n", what, errno);
    return;
  }
  printf("%s: %lu, mode %o, key %s, operated %d, changed %d\n", what, (unsigned long)state.sem_nsems, state.sem_perm.mode,
         state.sem_perm.__ipc_perm_key == 0 ? "none" : "one", state.sem_otime != 0, state.sem_ctime != 0);
}

// Threads that wait, one after the other, and what became of them.
static int set;
struct Wait {
  pthread_t thread;
  struct sembuf operations[2];
  int count, result, error;
};
static void* DoWait(void* argument) {
  struct Wait* wait = argument;
  wait->result = semop(set, wait->operations, (size_t)wait->count);
  wait->error = wait->result == 0 ? 0 : errno;
  return 0;
}
static void Begin(struct Wait* wait, int number, int change) {
  *wait = (struct Wait){.operations = {{(unsigned short)number, (short)change, 0}}, .count = 1};
  pthread_create(&wait->thread, 0, DoWait, wait);
  while (Control(set, number, change == 0 ? GETZCNT : GETNCNT, 0) == 0) usleep(1000);
}
static void End(const char* what, struct Wait* wait) {
  pthread_join(wait->thread, 0);
  printf("%s: %d errno %d\n", what, wait->result, wait->error);
}

static void OnSignal(int signal) { (void)signal; }
static void* Interrupt(void* thread) {
  while (Control(set, 3, GETNCNT, 0) == 0) usleep(1000);
  pthread_kill(*(pthread_t*)thread, SIGUSR1);
  return 0;
}

// A mutex between threads: none of what they add is lost.
static long sum;
static void* Add(void* argument) {
  for (int i = 0; i < 2000; i++) {
    Operate(set, 0, -1, SEM_UNDO);
    const long seen = sum;
    if (i % 50 == 0) usleep(10);
    sum = seen + 1;
    Operate(set, 0, 1, SEM_UNDO);
  }
  return argument;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  const key_t key = 0x44000000 | (getpid() & 0xffffff);
  Show("none yet", semget(key, 4, 0600));
  Show("no semaphores", semget(key, 0, IPC_CREAT | 0600));
  Show("too many", semget(key, 32001, IPC_CREAT | 0600));
  Show("fewer than none", semget(key, -1, IPC_CREAT | 0600));
  set = semget(key, 4, IPC_CREAT | IPC_EXCL | 0640);
  printf("made: %d\n", set >= 0);
  Show("once only", semget(key, 4, IPC_CREAT | IPC_EXCL | 0640));
  printf("found: %d\n", semget(key, 0, 0) == set && semget(key, 4, IPC_CREAT | 0640) == set);
  Show("more than it has", semget(key, 5, 0));
  Describe("new", set);
  Values("new", set);

  Show("up", Operate(set, 0, 3, 0));
  Show("down", Operate(set, 0, -2, 0));
  Show("value", Control(set, 0, GETVAL, 0));
  printf("by this: %d, another by none: %d\n", Control(set, 0, GETPID, 0) == getpid(), Control(set, 1, GETPID, 0));
  Describe("operated", set);
  Show("not now", Operate(set, 0, -2, IPC_NOWAIT));
  Show("not 0 now", Operate(set, 0, 0, IPC_NOWAIT));
  Show("is 0", Operate(set, 1, 0, IPC_NOWAIT));
  Show("too much", Operate(set, 0, 32767, 0));
  Show("just enough", Operate(set, 0, 32766, 0));
  Show("set", Control(set, 0, SETVAL, 5));
  Show("set too high", Control(set, 0, SETVAL, 32768));
  Show("set below 0", Control(set, 0, SETVAL, -1));
  Show("set another", Control(set, 4, SETVAL, 1));
  Show("before the first", Control(set, -1, GETVAL, 0));
  Show("beyond the last", Control(set, 4, GETVAL, 0));
  Show("operation beyond the last", Operate(set, 4, 1, 0));

  struct sembuf several[] = {{0, -5, 0}, {1, 2, 0}, {1, -1, 0}, {2, 0, 0}, {2, 7, 0}};
  Show("several", semop(set, several, 5));
  Values("several", set);
  several[4] = (struct sembuf){0, -1, IPC_NOWAIT};
  several[0].sem_op = 1;
  several[3] = (struct sembuf){0, -1, 0};
  Show("all or none", semop(set, several, 5));
  Values("all or none", set);
  Show("none", semop(set, several, 0));
  static struct sembuf many[501];
  Show("many", semop(set, many, 501));
  many[0].sem_num = 1;
  for (int i = 0; i < 500; i++) many[i] = (struct sembuf){1, 1, 0};
  Show("just as many", semop(set, many, 500));
  Show("nowhere", semop(set, (void*)8, 1));
  Show("no set", semop(-1, many, 1));
  Show("no such set", semop(0x7ffffff0, many, 1));
  Show("no such command", Control(set, 0, 77, 0));

  unsigned short values[4] = {1, 2, 3, 32768};
  Show("one too high", Control(set, 0, SETALL, (long)values));
  Values("as they were", set);
  values[3] = 0;
  Show("all set", Control(set, 0, SETALL, (long)values));
  Values("all set", set);
  Show("all from nowhere", Control(set, 0, SETALL, 8));
  Show("all to nowhere", Control(set, 0, GETALL, 8));

  Show("undone", Operate(set, 3, 32767, SEM_UNDO));
  Show("down again", Operate(set, 3, -32767, 0));
  Show("undone most", Operate(set, 3, 1, SEM_UNDO));
  Show("undone too much", Operate(set, 3, 1, SEM_UNDO));
  Show("0, and no undoing", Control(set, 3, SETVAL, 0));
  Show("undone anew", Operate(set, 3, 2, SEM_UNDO));
  Show("0", Control(set, 3, SETVAL, 0));

  Show("no time", Timed(set, 3, -1, 0));
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  Show("some time", Timed(set, 3, -1, 30));
  clock_gettime(CLOCK_MONOTONIC, &after);
  printf("waited: %d\n", (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 29);
  Show("no need to wait", Timed(set, 0, 1, 10));
  struct sembuf one = {3, -1, 0};
  Show("time of no kind", semtimedop(set, &one, 1, &(struct timespec){0, 1000000000}));
  Show("time from nowhere", semtimedop(set, &one, 1, (void*)8));

  struct Wait first, second, third;
  Begin(&first, 3, -2);
  Show("one up", Operate(set, 3, 1, 0));
  printf("waiting: %d %d\n", Control(set, 3, GETNCNT, 0), Control(set, 3, GETZCNT, 0));
  Begin(&second, 3, 0);
  printf("waiting: %d %d\n", Control(set, 3, GETNCNT, 0), Control(set, 3, GETZCNT, 0));
  Show("another up", Operate(set, 3, 1, 0));
  Show("what is left", Control(set, 3, GETVAL, 0));
  printf("waiting: %d %d\n", Control(set, 3, GETNCNT, 0), Control(set, 3, GETZCNT, 0));
  End("first", &first);
  End("second", &second);
  Begin(&first, 3, -1);
  Begin(&second, 2, -9);
  values[2] = 9;
  values[3] = 5;
  Show("all set", Control(set, 0, SETALL, (long)values));
  Values("all set, and taken", set);
  End("first", &first);
  End("second", &second);

  const struct sigaction action = {.sa_handler = OnSignal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, 0);
  pthread_t self = pthread_self(), other;
  pthread_create(&other, 0, Interrupt, &self);
  Show("interrupted", Operate(set, 3, -9, 0));
  pthread_join(other, 0);

  Control(set, 0, SETVAL, 1);
  pthread_t adders[4];
  for (int i = 0; i < 4; i++) pthread_create(&adders[i], 0, Add, 0);
  for (int i = 0; i < 4; i++) pthread_join(adders[i], 0);
  printf("sum: %ld\n", sum);

  struct semid_ds state;
  Control(set, 0, IPC_STAT, (long)&state);
  state.sem_perm.mode = 0600;
  Show("changed", Control(set, 0, IPC_SET, (long)&state));
  Describe("changed", set);
  Show("to nowhere", Control(set, 0, IPC_STAT, 8));
  struct seminfo limits;
  printf("limits: %d\n", Control(0, 0, IPC_INFO, (long)&limits) >= 0);
  printf("%d %d %d %d %d %d %d %d %d %d\n", limits.semmap, limits.semmni, limits.semmns, limits.semmnu, limits.semmsl, limits.semopm,
         limits.semume, limits.semusz, limits.semvmx, limits.semaem);

  Begin(&first, 3, -9);
  Control(set, 2, SETVAL, 1);
  Begin(&second, 2, 0);
  Begin(&third, 1, -600);
  Show("removed", Control(set, 0, IPC_RMID, 0));
  End("first", &first);
  End("second", &second);
  End("third", &third);
  Show("removed twice", Control(set, 0, IPC_RMID, 0));
  Describe("gone", set);
  Show("its key", semget(key, 0, 0));

  if (geteuid() != 0) {
    puts("root not here");
    return 0;
  }
  const int roots = semget(IPC_PRIVATE, 1, 0600), groups = semget(IPC_PRIVATE, 1, 0640);
  if (seteuid(12345) != 0) return 1;
  Show("root another's", Control(roots, 0, GETVAL, 0));
  Show("root the group's to read", Control(groups, 0, GETVAL, 0));
  Show("root the group's to change", Operate(groups, 0, 1, 0));
  Show("root the group's to wait for", Operate(groups, 0, 0, 0));
  Show("root another's removed", Control(roots, 0, IPC_RMID, 0));
  if (seteuid(0) != 0) return 1;
  Show("root removed", Control(roots, 0, IPC_RMID, 0) + Control(groups, 0, IPC_RMID, 0));
  return 0;
}
