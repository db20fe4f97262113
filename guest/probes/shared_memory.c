// System V's shared memory. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "guest/probes/show.h"

enum { kPage = 4096, kBytes = 5 * kPage + 100 };

static void* At(const char* what, int id, void* address, int flags) {
  void* place = shmat(id, address, flags);
  if (place == (void*)-1) {
    printf("%s: errno %d\n", what, errno);
  } else {
    printf("%s: %s\n", what, address == 0 ? "somewhere" : place == address ? "there" : "elsewhere");
  }
  return place;
}

static void Describe(const char* what, int id) {
  struct shmid_ds state;
  if (shmctl(id, IPC_STAT, &state) != 0) {
    printf("%s: errno %d\n", what, errno);
    return;
  }
  const time_t now = time(0);
  printf("%s: %zu bytes, mode %o, attached %lu, key %s, made by %s, last %s, times %d %d %d\n", what, state.shm_segsz,
         state.shm_perm.mode, (unsigned long)state.shm_nattch, state.shm_perm.__key == 0 ? "none" : "one",
         state.shm_cpid == getpid() ? "this" : "another", state.shm_lpid == getpid() ? "this" : state.shm_lpid == 0 ? "none" : "another",
         state.shm_atime != 0 && now - state.shm_atime < 10, state.shm_dtime != 0 && now - state.shm_dtime < 10,
         state.shm_ctime != 0 && now - state.shm_ctime < 10);
}

static sigjmp_buf again;
static void OnFault(int signal) { siglongjmp(again, signal); }
static int Touch(volatile char* at, int write) {
  const int signal = sigsetjmp(again, 1);
  if (signal != 0) return signal;
  if (write) {
    *at = 1;
  } else {
    (void)*at;
  }
  return 0;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(SIGSEGV, OnFault);
  signal(SIGBUS, OnFault);
  const key_t key = 0x43000000 | (getpid() & 0xffffff);
  Show("none yet", shmget(key, kBytes, 0600));
  const int id = shmget(key, kBytes, IPC_CREAT | IPC_EXCL | 0640);
  printf("made: %d\n", id >= 0);
  Show("once only", shmget(key, kBytes, IPC_CREAT | IPC_EXCL | 0640));
  printf("found: %d\n", shmget(key, 0, 0) == id && shmget(key, kBytes, IPC_CREAT | 0640) == id);
  Show("too large", shmget(key, 8 * kPage, 0));
  Show("no bytes", shmget(IPC_PRIVATE, 0, 0600));
  Show("all bytes", shmget(IPC_PRIVATE, ~(size_t)0, 0600));
  Describe("new", id);

  char* one = At("one", id, 0, 0);
  char* two = At("two", id, 0, SHM_RDONLY);
  strcpy(one + 3 * kPage, "shared");
  printf("seen: %s, else zero: %d\n", two + 3 * kPage, two[kBytes - 1]);
  Describe("attached", id);
  printf("written where only read: signal %d\n", Touch(two, 1));
  Show("made writable", mprotect(two, kPage, PROT_READ | PROT_WRITE));
  printf("rest of the last page: signal %d\n", Touch(one + kBytes, 1));

  char* place = mmap(0, 16 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  At("where something is", id, place, 0);
  At("in its place", id, place, SHM_REMAP);
  munmap(place + 6 * kPage, 10 * kPage);
  At("beside it", id, place + 8 * kPage, 0);
  At("not at a page", id, place + 14 * kPage + 5, 0);
  Describe("four times", id);
  At("rounded", id, place + 8 * kPage + 5, SHM_RND | SHM_REMAP);
  printf("all the same: %s %s\n", place + 3 * kPage, place + 11 * kPage);
  At("no place to replace", id, 0, SHM_REMAP);

  Show("detached", shmdt(place + 8 * kPage));
  printf("gone: signal %d\n", Touch(place + 8 * kPage, 0));
  Show("again", shmdt(place + 8 * kPage));
  Show("not its begin", shmdt(place + kPage));
  Show("not at a page", shmdt(place + 1));
  Show("no segment", shmdt(&key));
  Show("a hole", munmap(place + kPage, kPage));
  Describe("in two pieces", id);
  Show("both", shmdt(place));
  printf("gone: signal %d %d\n", Touch(place, 0), Touch(place + 2 * kPage, 0));

  struct shmid_ds state;
  shmctl(id, IPC_STAT, &state);
  state.shm_perm.mode = 0600;
  Show("set", shmctl(id, IPC_SET, &state));
  Show("locked", shmctl(id, SHM_LOCK, 0));
  Describe("locked", id);
  Show("unlocked", shmctl(id, SHM_UNLOCK, 0));
  Show("no such command", shmctl(id, 77, &state));
  Show("nowhere to tell", shmctl(id, IPC_STAT, (void*)8));
  struct shminfo limits;
  printf("limits: %d\n", shmctl(0, IPC_INFO, (struct shmid_ds*)&limits) >= 0);
  printf("%lu %lu %lu\n", limits.shmmin, limits.shmmni, limits.shmseg);

  Show("removed", shmctl(id, IPC_RMID, 0));
  Show("its key", shmget(key, 0, 0));
  Describe("still attached", id);
  char* three = At("and again", id, 0, 0);
  printf("still: %s\n", three + 3 * kPage);
  shmdt(three);
  Show("removed twice", shmctl(id, IPC_RMID, 0));
  shmdt(two);
  shmdt(one);
  Describe("ended", id);
  Show("attached no more", shmat(id, 0, 0) == (void*)-1 ? -1 : 0);
  Show("no such", shmctl(-1, IPC_STAT, &state));
  const int private = shmget(IPC_PRIVATE, 100, 0600);
  printf("private: %d\n", private >= 0 && private != id && shmget(IPC_PRIVATE, 100, 0600) != private);
  Show("removed", shmctl(private, IPC_RMID, 0));
  Describe("gone at once", private);

  if (geteuid() != 0) {
    puts("root not here");
    return 0;
  }
  const int roots = shmget(IPC_PRIVATE, 100, 0600), groups = shmget(IPC_PRIVATE, 100, 0640);
  if (seteuid(12345) != 0) return 1;
  At("root another's", roots, 0, SHM_RDONLY);
  At("root the group's to read", groups, 0, SHM_RDONLY);
  At("root the group's to write", groups, 0, 0);
  Show("root another's removed", shmctl(roots, IPC_RMID, 0));
  if (seteuid(0) != 0) return 1;
  Show("root removed", shmctl(roots, IPC_RMID, 0) + shmctl(groups, IPC_RMID, 0));
  return 0;
}
