// Makes the address space that `caponier audit` looks at: says where things stand, stops at each moment until a byte comes, makes random
// calls for memory, and starts itself anew. Writable code is asked for too; where it is granted (--wx off) the audit must find it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { kPage = 4096, kMost = 256, kPages = 16 };
static struct {
  char *at;
  size_t pages, mapped;  // those that can be touched, and all
  int written;           // was it ever writable
} places[kMost];
static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t Draw(uint64_t bound) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state % bound;
}

// All of /proc/self/maps, each line after "map ". In buffers that are there already, so that saying it changes nothing.
static void SayMappings(void) {
  static char maps[1 << 17], said[1 << 18];
  const int file = open("/proc/self/maps", O_RDONLY);
  size_t length = 0, out = 0;
  for (ssize_t got; (got = read(file, maps + length, sizeof(maps) - length)) > 0;) length += (size_t)got;
  close(file);
  for (size_t i = 0; i < length; i++) {
    if (i == 0 || maps[i - 1] == '\n') memcpy(said + out, "map ", 4), out += 4;
    said[out++] = maps[i];
  }
  for (size_t at = 0; at < out;) {
    const ssize_t written = write(1, said + at, out - at);
    if (written <= 0) exit(1);
    at += (size_t)written;
  }
}

static void Moment(const char *name) {
  char byte;
  fflush(stdout);
  SayMappings();
  printf("moment %s\n", name);
  fflush(stdout);
  if (read(0, &byte, 1) != 1) exit(1);
}

static void Touch(int i, int protection) {
  for (size_t page = 0; page < places[i].pages; page++) {
    volatile char *at = places[i].at + page * kPage;
    if ((protection & PROT_READ) != 0) (void)*at;
    if ((protection & PROT_WRITE) != 0) *at = (char)i;
  }
}

static void Call(int self, size_t self_pages) {
  static const int kRights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
  const int i = (int)Draw(kMost), protection = kRights[Draw(4)];
  if (places[i].at == NULL) {
    const int file = Draw(4) == 0;
    places[i].pages = places[i].mapped = 1 + Draw(kPages);
    void *at = mmap(NULL, places[i].mapped * kPage, protection, MAP_PRIVATE | (file ? 0 : MAP_ANONYMOUS), file ? self : -1, 0);
    if (at == MAP_FAILED) return;
    places[i].at = at;
    places[i].written = (protection & PROT_WRITE) != 0;
    if (file && places[i].pages > self_pages) places[i].pages = self_pages;  // what lies behind the file's end cannot be touched
    Touch(i, protection);
  } else if (Draw(2) == 0) {
    if (mprotect(places[i].at, places[i].pages * kPage, protection) == 0) {
      places[i].written |= (protection & PROT_WRITE) != 0;
      Touch(i, protection);
    }
  } else {
    munmap(places[i].at, places[i].mapped * kPage);
    places[i].at = NULL;
  }
}

// A page, and a file's page, both written and executed: granted by no level but `off`.
static void WantWritableCode(void) {
  volatile char *both = mmap(NULL, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (both == MAP_FAILED) return;
  *both = 1;
  const int file = open("/tmp/code", O_RDWR | O_CREAT, 0700);
  if (file < 0 || ftruncate(file, kPage) != 0) exit(1);
  volatile char *writer = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  volatile char *runner = mmap(NULL, kPage, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  if (writer == MAP_FAILED || runner == MAP_FAILED) exit(1);
  *writer = 1;
  (void)*runner;
}

int main(int count, char **arguments) {
  static char buffer[4096];
  setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));  // or the first word would make a heap, after the mappings were said
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);  // brings in the vDSO's pages
  if (count > 1 && strcmp(arguments[1], "again") == 0) {
    Moment("after execve");
    return 0;
  }
  char local = 0;
  char *first = mmap(NULL, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *second = mmap(NULL, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("place image %p\nplace stack %p\nplace break %p\nplace vDSO %#lx\nplace first mapping %p\nplace second mapping %p\n",
         (void *)(uintptr_t)main, (void *)&local, sbrk(0), getauxval(AT_SYSINFO_EHDR), (void *)first, (void *)second);
  if (getauxval(AT_BASE) != 0) printf("place interpreter %#lx\n", getauxval(AT_BASE));
  Moment("loaded");
  const int calls = count > 1 ? atoi(arguments[1]) : 0;
  if (calls == 0) return 0;
  const int self = open(arguments[0], O_RDONLY);
  struct stat status;
  if (self < 0 || fstat(self, &status) != 0) return 1;
  for (int i = 0; i < calls; i++) Call(self, ((size_t)status.st_size + kPage - 1) / kPage);
  WantWritableCode();
  char name[64];
  snprintf(name, sizeof(name), "after %d calls", calls);
  Moment(name);
  execl(arguments[0], arguments[0], "again", (char *)NULL);
  return 1;
}
