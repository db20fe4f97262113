// What the attack programs share. Each commits one crime and says how it went: `worked` and status 42, `refused` and status 7 when a
// system call would not help; a crime that is caught in the act ends by a signal.
#pragma once

#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
enum { kAnswer = 42, kWorked = 42, kRefused = 7 };
typedef int (*Function)(void);

static inline _Noreturn void Worked(const char *what) {
  printf("worked: %s\n", what);
  fflush(stdout);
  _exit(kWorked);
}
static inline _Noreturn void Refused(const char *what) {
  printf("refused: %s: %s\n", what, strerror(errno));
  fflush(stdout);
  _exit(kRefused);
}
// A harmless step that must not fail: the crime could not be tried.
static inline void Need(int holds, const char *what) {
  if (holds) return;
  printf("broken: %s: %s\n", what, strerror(errno));
  fflush(stdout);
  _exit(99);
}

// Hides from the compiler what `pointer` is known to be.
static inline void *Launder(const volatile void *pointer) {
  void *hidden = (void *)(uintptr_t)pointer;
  __asm__ volatile("" : "+r"(hidden) : : "memory");
  return hidden;
}

// Machine code for `return value`, 0 to 255.
static inline void PutCode(void *at, int value) {
#if defined(__x86_64__)
  const unsigned char code[] = {0xb8, (unsigned char)value, 0, 0, 0, 0xc3};  // mov eax, value; ret
#else
  const uint32_t code[] = {0x52800000u | (uint32_t)value << 5, 0xd65f03c0u};  // mov w0, value; ret
#endif
  memcpy(at, code, sizeof(code));
  __builtin___clear_cache((char *)at, (char *)at + sizeof(code));
}
static inline int Run(const void *code) { return ((Function)(uintptr_t)Launder(code))(); }
// Runs what PutCode(code, kAnswer) put there.
static inline _Noreturn void RunIt(const void *code) {
  if (Run(code) != kAnswer) {
    printf("refused: other code ran than what was written\n");
    fflush(stdout);
    _exit(kRefused);
  }
  Worked("ran what was written");
}

// `open` as first argument: the crime helps itself to the right it lacks beforehand, as far as it is let.
static inline int Open(int count, char **arguments) { return count > 1 && strcmp(arguments[1], "open") == 0; }

static inline void *PageOf(const void *address) { return (void *)((uintptr_t)address & ~(uintptr_t)(PAGE - 1)); }
static inline void *Map(int protection) {
  void *page = mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Need(page != MAP_FAILED, "mmap");
  return page;
}
// One more page of the break; musl's sbrk only looks.
static inline char *GrowBreak(void) {
  char *page = (char *)syscall(SYS_brk, 0);
  Need((char *)syscall(SYS_brk, page + PAGE) == page + PAGE, "brk");
  return page;
}
// A memory file of one page.
int memfd_create(const char *name, unsigned flags);
static inline int MemoryFile(void) {
  const int file = memfd_create("crime", 0);
  Need(file >= 0 && ftruncate(file, PAGE) == 0, "memfd_create");
  return file;
}

// A page of code that nothing else needs: `victim` returns 1.
#if defined(__x86_64__)
#define VICTIM_CODE "mov $1, %eax\n ret\n"
#else
#define VICTIM_CODE "mov w0, #1\n ret\n"
#endif
#define VICTIM_PAGE \
  __asm__(".pushsection .text.victim, \"ax\", %progbits\n .balign 4096\n .type victim, %function\nvictim:\n" VICTIM_CODE \
          " .balign 4096\n .size victim, . - victim\n .popsection"); \
  extern char victim[]
