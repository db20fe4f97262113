// A program of many small behaviours, for what streams.sh looks at: streams KIND [N].
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static char bytes[1 << 16];

static void Print(int fd, const char* text) {
  if (write(fd, text, strlen(text)) < 0) _exit(98);
}

static void OnSignal(int number) {
  struct winsize size = {0};
  if (number == SIGWINCH) ioctl(0, TIOCGWINSZ, &size);
  snprintf(bytes, sizeof(bytes), "got %d %dx%d\n", number, size.ws_row, size.ws_col);
  Print(1, bytes);
  if (number == SIGINT || number == SIGTERM) _exit(40 + number);
}

static void SetAll(void (*handler)(int)) {
  for (int number = 1; number < 32; number++) signal(number, handler);
}

static int Copy(void) {
  for (;;) {
    const ssize_t got = read(0, bytes, sizeof(bytes));
    if (got <= 0) return got == 0 ? 0 : 9;
    for (ssize_t done = 0; done < got;) {
      const ssize_t wrote = write(1, bytes + done, (size_t)(got - done));
      if (wrote < 0) return 8;
      done += wrote;
    }
  }
}

// Writes until nobody reads.
static int Pour(void) {
  while (write(1, bytes, 4096) >= 0) {
  }
  fprintf(stderr, "errno %d\n", errno);
  return 5;
}

static int Raw(void) {
  struct termios modes;
  tcgetattr(0, &modes);
  modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  tcsetattr(0, TCSANOW, &modes);
  Print(1, "raw\n");
  char typed = 0;
  while (read(0, &typed, 1) == 1 && typed != 'q') printf("key %d\n", typed), fflush(stdout);
  return 6;
}

int main(int count, char** words) {
  const char* kind = count > 1 ? words[1] : "";
  const int number = count > 2 ? atoi(words[2]) : 0;
  const int is_wait = strcmp(kind, "wait") == 0 || strcmp(kind, "handle") == 0 || strcmp(kind, "ignore") == 0;
  if (strcmp(kind, "exit") == 0) exit(number);
  if (strcmp(kind, "kill") == 0) {
    kill(getpid(), number);
    for (;;) pause();
  }
  if (strcmp(kind, "copy") == 0) return Copy();
  if (strcmp(kind, "pour") == 0) return signal(SIGPIPE, SIG_IGN), Pour();
  if (strcmp(kind, "pour-and-die") == 0) return Pour();
  if (strcmp(kind, "all-bytes") == 0) {
    for (int i = 0; i < 512; i++) bytes[i] = (char)i;
    if (write(1, bytes, 512) != 512) return 9;
    for (int i = 0; i < 512; i++) bytes[i] = (char)(255 - i);
    return write(2, bytes, 512) == 512 ? 0 : 9;
  }
  if (strcmp(kind, "in-turn") == 0) {  // to both streams, one byte count after the other
    for (int i = 0; i < number; i++) {
      snprintf(bytes, sizeof(bytes), "%d\n", i);
      Print(1 + i % 2, bytes);
    }
    return 0;
  }
  if (strcmp(kind, "partial") == 0) {  // the C library's buffer is flushed by exit, not by _exit, not by a crash
    Print(1, "written ");
    printf("buffered");
    if (number == 0) return 0;
    if (number == 1) _exit(0);
    *(volatile int*)8 = 1;
  }
  if (strcmp(kind, "first") == 0) {  // of the input, and no more
    const ssize_t got = read(0, bytes, 6);
    return got > 0 && write(1, bytes, (size_t)got) == got ? 4 : 9;
  }
  if (strcmp(kind, "lines") == 0) {
    printf("terminals %d%d%d\n", isatty(0), isatty(1), isatty(2));
    while (fgets(bytes, sizeof(bytes), stdin) != NULL) printf("line %s", bytes);
    printf("end\n");
    return 6;
  }
  if (strcmp(kind, "raw") == 0) return Raw();
  if (strcmp(kind, "handle") == 0) SetAll(OnSignal);
  if (strcmp(kind, "ignore") == 0) SetAll(SIG_IGN);
  if (is_wait) {
    Print(1, "ready\n");
    for (;;) pause();
  }
  if (strcmp(kind, "spin") == 0) {
    Print(1, "ready\n");
    for (volatile int i = 0;; i++) continue;
  }
  return 99;
}
