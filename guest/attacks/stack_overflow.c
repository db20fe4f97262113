// Recurses without end, in the first thread or, with `thread`, in another. With `open` after that, what lies below the stack is
// mapped first, and the stack grows over it without a sign.
#include "guest/attacks/crime.h"

#include <pthread.h>

static char *neighbour;  // the page next below the guard, when it was mapped

__attribute__((noinline)) int Recurse(volatile char *caller) {
  volatile char frame[512];
  frame[0] = *caller;
  if (neighbour != NULL && (char *)&frame[sizeof(frame)] < neighbour + PAGE) Worked("the stack ran into other memory");
  return Recurse(frame) + frame[0];
}

static void MapBelow(char *stack) {
  neighbour = mmap(stack - PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  Need(neighbour != MAP_FAILED, "mmap below the stack");
}

static void *Overflow(void *open) {
  volatile char start = 0;
  if (open != NULL) {
    pthread_attr_t attributes;
    void *stack = NULL;
    size_t bytes = 0;
    Need(pthread_getattr_np(pthread_self(), &attributes) == 0 && pthread_attr_getstack(&attributes, &stack, &bytes) == 0, "stack");
    MapBelow(stack);
  }
  return (void *)(uintptr_t)Recurse(&start);
}

int main(int count, char **arguments) {
  char *open = count > 2 ? arguments[2] : NULL;
  if (count > 1 && arguments[1][0] == 't') {
    pthread_t thread;
    Need(pthread_create(&thread, NULL, Overflow, open) == 0, "pthread_create");
    pthread_join(thread, NULL);
  }
  volatile char start = 0;
  if (open != NULL) {
    // The lowest address of the line of /proc/self/maps that holds this frame.
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long begin, end, here = (unsigned long)&start;
    while (maps != NULL && fscanf(maps, "%lx-%lx%*[^\n]", &begin, &end) == 2 && end <= here) continue;
    MapBelow((char *)begin);
  }
  return Recurse(&start);
}
