// A position-independent program that looks whether it was moved in full: addresses in data, in constants, in another object's, of
// functions that are called through tables, and thread-local variables. Says "sound" and where its memory is, or what is broken; its status
// is 7.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int numbers[1024] = {1, 2, 3};
static int *volatile written = &numbers[2];                               // an address in data
static int *const constants[] = {&numbers[0], &numbers[1], &numbers[2]};  // and in what RELRO makes read-only
static const char *const words[] = {"one", "two", "three"};
static __thread int local = 4;
static __thread int *pointer = &numbers[1];
static int constructed;
__attribute__((constructor)) static void Construct(void) { constructed = numbers[2]; }

static int Add(int a, int b) { return a + b; }
static int Multiply(int a, int b) { return a * b; }
static int (*const operations[])(int, int) = {Add, Multiply};
static size_t (*volatile length)(const char *) = strlen;  // an address in the C library

static int Compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void Need(int holds, const char *what) {
  if (holds) return;
  printf("broken: %s\n", what);
  exit(1);
}

static void *Thread(void *argument) {
  Need(argument == words && local == 4 && pointer == &numbers[1], "a thread's own variables");
  local = 5;
  return &numbers[0];
}

int main(int count, char **arguments) {
  Need(count == 2 && strcmp(arguments[1], "argument") == 0, "arguments");
  Need(written == &numbers[2] && *written == 3, "an address in data");
  for (int i = 0; i < 3; i++) Need(*constants[i] == i + 1, "addresses in constants");
  Need(length(words[2]) == 5 && strcmp(words[0], "one") == 0, "strings by address");
  Need(operations[0](3, 4) == 7 && operations[1](3, 4) == 12, "functions by address");
  Need(constructed == 3, "the constructor");
  pthread_t thread;
  void *result = NULL;
  Need(pthread_create(&thread, NULL, Thread, (void *)words) == 0 && pthread_join(thread, &result) == 0, "a thread");
  Need(result == &numbers[0] && local == 4, "what a thread returns");
  int *sorted = malloc(sizeof(numbers)), *large = calloc(1 << 20, sizeof(int));
  Need(sorted != NULL && large != NULL && large[(1 << 20) - 1] == 0, "the heap");
  for (int i = 0; i < 1024; i++) sorted[i] = i * 389 % 1024;
  qsort(sorted, 1024, sizeof(*sorted), Compare);
  for (int i = 0; i < 1024; i++) Need(sorted[i] == i, "a function called by the C library");
  puts("sound");
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  Need(maps != NULL, "/proc/self/maps");
  while (fgets(line, sizeof(line), maps) != NULL) fputs(line, stdout);
  return 7;
}
