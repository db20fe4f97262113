// Mappings of files: what they show when the file shrinks, grows or gets holes under them, and what a file that may only be read, or is
// sealed, lets them do; and what limits of memory refuse. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kPage = 4096 };

static sigjmp_buf before;
static void OnFault(int signal) { siglongjmp(before, signal); }

static void Show(const char* what, long result) {
  if (result == -1) {
    printf("%s: errno %d\n", what, errno);
  } else {
    printf("%s: ok\n", what);
  }
}
static void ShowMapped(const char* what, void* place) { Show(what, place == MAP_FAILED ? -1 : 0); }

static void ShowByte(const char* what, const volatile char* at) {
  const int signal = sigsetjmp(before, 1);
  if (signal != 0) {
    printf("%s: signal %d\n", what, signal);
  } else {
    printf("%s: %d\n", what, *at);
  }
}

static void* MapFile(int file, int pages, int protection, int flags) {
  return mmap(0, (size_t)pages * kPage, protection, flags, file, 0);
}

// A file of four pages of 1, 2, 3 and 4.
static int FourPages(void) {
  char name[] = "/tmp/mappings-XXXXXX";
  const int file = mkstemp(name);
  unlink(name);
  char page[kPage];
  for (int i = 1; i <= 4; i++) {
    memset(page, i, kPage);
    if (write(file, page, kPage) != kPage) abort();
  }
  return file;
}

static void ShrinksAndGrows(void) {
  const int file = FourPages();
  volatile char* shared = MapFile(file, 4, PROT_READ | PROT_WRITE, MAP_SHARED);
  volatile char* private = MapFile(file, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (int i = 0; i < 4; i++) shared[i * kPage] = (char)(shared[i * kPage] + 10);
  private[0] = private[2 * kPage] = 99;
  Show("shrink", ftruncate(file, kPage + 100));
  ShowByte("kept page", shared);
  ShowByte("kept part", shared + kPage + 99);
  ShowByte("past the end, in the page", shared + kPage + 100);
  ShowByte("page that is gone", shared + 2 * kPage);
  ShowByte("private, written, kept", private);
  ShowByte("private, written, gone", private + 2 * kPage);
  ShowByte("private, read, gone", private + 3 * kPage);
  Show("grow", ftruncate(file, 4 * kPage));
  ShowByte("grown", shared + 2 * kPage);
  shared[2 * kPage] = 7;
  char byte = 0;
  if (pread(file, &byte, 1, 2 * kPage) == 1) printf("the file has what was written: %d\n", byte);
  byte = 8;
  if (pwrite(file, &byte, 1, 3 * kPage) == 1) ShowByte("the mapping has what was written", shared + 3 * kPage);
  Show("shrink to nothing", ftruncate(file, 0));
  ShowByte("first page", shared);
  close(file);
}

static void Holes(void) {
  const int file = FourPages();
  volatile char* shared = MapFile(file, 4, PROT_READ | PROT_WRITE, MAP_SHARED);
  volatile char* private = MapFile(file, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (int i = 0; i < 4; i++) shared[i * kPage]++;
  private[kPage] = 99;
  ShowByte("private before", private + 2 * kPage);
  Show("hole", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kPage + 1, 2 * kPage - 1));
  ShowByte("before the hole", shared + kPage);
  ShowByte("in its first part", shared + kPage + 1);
  ShowByte("in the hole", shared + 2 * kPage);
  ShowByte("behind it", shared + 3 * kPage);
  ShowByte("private, written", private + kPage);
  ShowByte("private, read", private + 2 * kPage);
  shared[2 * kPage] = 5;
  char byte = 0;
  if (pread(file, &byte, 1, 2 * kPage) == 1) printf("the file has what was written: %d\n", byte);
  close(file);
}

static void OnlyRead(void) {
  const int file = FourPages();
  char name[64];
  snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
  const int reader = open(name, O_RDONLY), writer = open(name, O_WRONLY);
  ShowMapped("shared, to write", mmap(0, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0));
  ShowMapped("of a file that is only written", mmap(0, kPage, PROT_READ, MAP_SHARED, writer, 0));
  void* shared = mmap(0, kPage, PROT_READ, MAP_SHARED, reader, 0);
  void* private = mmap(0, kPage, PROT_READ, MAP_PRIVATE, reader, 0);
  Show("shared, made writable", mprotect(shared, kPage, PROT_READ | PROT_WRITE));
  Show("shared, made inaccessible", mprotect(shared, kPage, PROT_NONE));
  Show("and readable", mprotect(shared, kPage, PROT_READ));
  Show("private, made writable", mprotect(private, kPage, PROT_READ | PROT_WRITE));
  void* moved = mremap(shared, kPage, 3 * kPage, MREMAP_MAYMOVE);
  ShowMapped("shared, moved", moved);
  Show("made writable there", mprotect(moved, kPage, PROT_READ | PROT_WRITE));
  Show("of two, made writable", mprotect(MapFile(file, 2, PROT_READ, MAP_SHARED), 2 * kPage, PROT_READ | PROT_WRITE));
}

static void Sealed(void) {
  const int file = memfd_create("sealed", MFD_ALLOW_SEALING);
  Show("size", ftruncate(file, 2 * kPage));
  void* writable = MapFile(file, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
  Show("seal what is mapped to write", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
  munmap(writable, kPage);
  Show("seal", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
  ShowMapped("shared, to write", MapFile(file, 1, PROT_READ | PROT_WRITE, MAP_SHARED));
  ShowMapped("private, to write", MapFile(file, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  const int later = memfd_create("later", MFD_ALLOW_SEALING);
  Show("size", ftruncate(later, 2 * kPage));
  volatile char* early = MapFile(later, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
  Show("seal for later", fcntl(later, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  early[0] = 3;
  ShowByte("the early one writes", early);
  ShowMapped("the late one, to write", MapFile(later, 1, PROT_READ | PROT_WRITE, MAP_SHARED));
  void* late = MapFile(later, 1, PROT_READ, MAP_SHARED);
  ShowMapped("the late one, to read", late);
  Show("made writable", mprotect(late, kPage, PROT_READ | PROT_WRITE));
}

static void Flags(void) {
  const int file = FourPages();
  ShowMapped("validated", MapFile(file, 1, PROT_READ, MAP_SHARED_VALIDATE));
  ShowMapped("validated, unknown", MapFile(file, 1, PROT_READ, MAP_SHARED_VALIDATE | 1 << 25));
  ShowMapped("not validated, unknown", MapFile(file, 1, PROT_READ, MAP_SHARED | 1 << 25));
  char* place = mmap(0, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Show("lock", mlock2(place, kPage, 0));
  Show("lock when touched", mlock2(place, kPage, MLOCK_ONFAULT));
  Show("lock, unknown", mlock2(place, kPage, 8));
  Show("lock all when touched, but what", mlockall(MCL_ONFAULT));
}

// Children are to find zeros there; and what is behind a hole is forgotten too.
static void Advice(void) {
  char* const pages = mmap(0, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Show("wiped at a fork", madvise(pages, 4 * kPage, MADV_WIPEONFORK));
  Show("kept at a fork", madvise(pages, 4 * kPage, MADV_KEEPONFORK));
  Show("a file's wiped", madvise(MapFile(FourPages(), 1, PROT_READ, MAP_PRIVATE), kPage, MADV_WIPEONFORK));
  Show("shared ones wiped", madvise(MapFile(-1, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS), kPage, MADV_WIPEONFORK));
  pages[0] = pages[3 * kPage] = 7;
  munmap(pages + kPage, kPage);
  Show("a hole's wiped", madvise(pages, 4 * kPage, MADV_WIPEONFORK));
  Show("forgotten around a hole", madvise(pages, 4 * kPage, MADV_DONTNEED));
  ShowByte("before it", pages);
  ShowByte("behind it", pages + 3 * kPage);
}

// Places that the program names without insisting: low ones, and some that its code reaches. Elsewhere the machine has its own.
static void Hint(const char* what, char* wanted, int pages, int flags) {
  char* got = mmap(wanted, (size_t)pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  printf("%s: %s\n", what, got == MAP_FAILED ? "none" : got == wanted ? "there" : "elsewhere");
  if (got != MAP_FAILED) *got = 1;
}
static void Hints(void) {
  char* const low = (char*)0x50000000;
  Hint("free", low, 4, 0);
  Hint("taken", low, 4, 0);
  Hint("taken at its end", low - 2 * kPage, 3, 0);
  Hint("beside it", low + 4 * kPage, 4, 0);
  Hint("in two of them", low + 3 * kPage, 2, 0);
  munmap(low + kPage, kPage);
  Hint("in a gap", low + kPage, 1, 0);
  Hint("larger than its gap", low - kPage, 2, 0);
  Hint("not at a page", low + 20 * kPage + 5, 1, 0);
  Show("where that page is", msync(low + 20 * kPage, kPage, MS_ASYNC));
  Hint("of a stack", low + 100 * kPage, 4, MAP_STACK | MAP_NORESERVE);
  const int file = FourPages();
  printf("of a file: %d\n", mmap(low + 200 * kPage, kPage, PROT_READ, MAP_SHARED, file, 0) == low + 200 * kPage);
  char* const code = (char*)((uintptr_t)Hint & ~(uintptr_t)(kPage - 1));
  Hint("before code", code - (512 << 20), 4, 0);
  Hint("behind code", code + (512 << 20), 4, 0);
  Hint("code itself", code, 1, 0);
  Hint("far too large", low, 1 << 20, MAP_NORESERVE);
}

static void* MapMemory(int protection, int flags, int mebibytes) {
  return mmap(0, (size_t)mebibytes << 20, protection, flags | MAP_ANONYMOUS, -1, 0);
}
static void SetLimit(int resource, int mebibytes) {
  struct rlimit limit;
  getrlimit(resource, &limit);
  limit.rlim_cur = mebibytes == -1 ? RLIM_INFINITY : (rlim_t)mebibytes << 20;
  Show("limit", setrlimit(resource, &limit));
}

// Not sbrk, which in musl never asks.
static int BreakGrows(intptr_t bytes) {
  const long end = syscall(SYS_brk, 0) + bytes;
  return syscall(SYS_brk, end) == end;
}

static void Limits(void) {
  const int both = PROT_READ | PROT_WRITE;
  printf("the break grows: %d, beyond all memory: %d\n", BreakGrows(1 << 20), BreakGrows((intptr_t)1 << 40));
  void* const reserved = MapMemory(PROT_NONE, MAP_PRIVATE, 16);
  void* const data = MapMemory(both, MAP_PRIVATE, 16);
  SetLimit(RLIMIT_DATA, 32);
  ShowMapped("data below it", MapMemory(both, MAP_PRIVATE, 8));
  ShowMapped("data beyond it", MapMemory(both, MAP_PRIVATE, 32));
  ShowMapped("only readable", MapMemory(PROT_READ, MAP_PRIVATE, 32));
  ShowMapped("shared", MapMemory(both, MAP_SHARED, 32));
  Show("to become data", mprotect(reserved, 16 << 20, both));
  Show("is data already", mprotect(data, 16 << 20, both));
  ShowMapped("in the place of data", mmap(data, 16 << 20, both, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  ShowMapped("data grown beyond it", mremap(data, 16 << 20, 40 << 20, MREMAP_MAYMOVE));
  printf("the break beyond it: %d\n", BreakGrows(16 << 20));
  ShowMapped("data grown below it", mremap(data, 16 << 20, 17 << 20, MREMAP_MAYMOVE));
  SetLimit(RLIMIT_DATA, 0);
  ShowMapped("none but the hard limit", MapMemory(both, MAP_PRIVATE, 1));
  SetLimit(RLIMIT_DATA, -1);
  SetLimit(RLIMIT_AS, 512);
  ShowMapped("all memory beyond it", MapMemory(PROT_READ, MAP_PRIVATE, 512));
  ShowMapped("all memory below it", MapMemory(PROT_READ, MAP_PRIVATE, 64));
  SetLimit(RLIMIT_AS, 1);
  ShowMapped("more than is there", MapMemory(PROT_READ, MAP_PRIVATE, 1));
  SetLimit(RLIMIT_AS, -1);
  ShowMapped("lifted", MapMemory(both, MAP_PRIVATE, 1));
}

// Room that a program has reserved may become writable in one piece, however little of it there is memory for: Go's runtime does so.
static void Reserved(void) {
  const int both = PROT_READ | PROT_WRITE;
  char* const place = MapMemory(PROT_NONE, MAP_PRIVATE, 512);
  char* const same = mmap(place, 512 << 20, both, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("larger than the machine's memory: %d\n", same == place);
  if (same == place) place[300 << 20] = 1;
  Show("by mprotect", mprotect(MapMemory(PROT_NONE, MAP_PRIVATE, 512), 512 << 20, both));
}

int main(void) {
  const struct sigaction action = {.sa_handler = OnFault};
  sigaction(SIGBUS, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  puts("the file shrinks and grows");
  ShrinksAndGrows();
  puts("holes");
  Holes();
  puts("a file that is only read");
  OnlyRead();
  puts("seals");
  Sealed();
  puts("flags");
  Flags();
  puts("advice");
  Advice();
  puts("limits");
  Limits();
  puts("hints");
  Hints();
  puts("what is reserved");
  Reserved();
  return 0;
}
