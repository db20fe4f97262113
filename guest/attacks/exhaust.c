// Uses up the machine's memory: `exhaust memory|shared|files|pipes|threads|names|semaphores|messages`. What is refused is given
// back, and the program must then go on as before.
#include "guest/attacks/crime.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>

static const char *what;
static int Is(const char *name) { return strcmp(what, name) == 0; }
static void *Sleep(void *nothing) {
  pause();
  return nothing;
}

// One more; 0 when it was refused.
static int Take(long number) {
  char name[32];
  int ends[2];
  pthread_t thread;
  snprintf(name, sizeof(name), "/tmp/%ld", number);
  if (Is("memory") || Is("shared")) {
    char *page = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, (Is("memory") ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 0;
    for (int i = 0; i < 1 << 20; i += PAGE) page[i] = 1;
    return 1;
  }
  if (Is("files")) {
    static char block[1 << 16];
    const int file = open(name, O_RDWR | O_CREAT, 0600);
    const ssize_t written = file < 0 ? -1 : write(file, block, sizeof(block));
    if (file >= 0) close(file);
    return written == sizeof(block);
  }
  if (Is("pipes")) {
    if (pipe2(ends, O_NONBLOCK) != 0) return 0;
    static char block[1 << 16];
    return write(ends[1], block, sizeof(block)) > 0;
  }
  if (Is("threads")) return pthread_create(&thread, NULL, Sleep, NULL) == 0;
  if (Is("semaphores")) return semget(IPC_PRIVATE, 32000, 0600) >= 0;
  if (Is("messages")) {
    static struct {
      long type;
      char text[8192];
    } message = {.type = 1};
    const int queue = msgget(IPC_PRIVATE, 0600);
    return queue >= 0 && msgsnd(queue, &message, 8192, 0) == 0 && msgsnd(queue, &message, 8192, 0) == 0;
  }
  if (Is("names")) return mkdir(name, 0700) == 0;
  return 0;
}

int main(int count, char **arguments) {
  what = count > 1 ? arguments[1] : "memory";
  const struct rlimit files = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_NOFILE, &files);
  long taken = 0;
  while (taken < 1000000 && Take(taken)) taken++;
  const int error = errno;
  printf("refused: %s\n", strerror(error));
  fflush(stdout);
  return write(1, "still here\n", 11) == 11 ? kRefused : 1;
}
