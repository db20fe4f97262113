// Runs a command on a terminal of its own and plays a dialogue with it: pty DIALOGUE COMMAND [ARGS...]
// DIALOGUE is text, one step a line:
//   expect TEXT    waits until the terminal shows TEXT after what was matched before
//   send TEXT      types TEXT; \n \r \xNN mean what they mean in C
//   size ROWS COLUMNS
//   kill NUMBER    sends the command a signal
//   modes          prints "echo" and "canonical" as the terminal has them, as in "modes echo=1 canonical=1"
// At the end the terminal's other side stays open until the command has ended; the last line printed is "status N", 128+N for
// a signal. When a step fails, or all of it takes over 120 seconds, it says so, shows what the terminal showed, and ends with 1.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { kSeconds = 120, kMost = 1 << 20 };

static char shown[kMost];
static size_t have, matched;
static int terminal, ended;
static pid_t child;
static time_t deadline;

static void Fail(const char* what, const char* detail) {
  printf("pty: %s %s; the terminal shows:\n", what, detail);
  fwrite(shown, 1, have, stdout);
  kill(child, SIGKILL);
  exit(1);
}

// Reads what comes within `ms`.
static void Read(int ms) {
  struct pollfd poll_fd = {terminal, POLLIN, 0};
  if (poll(&poll_fd, 1, ms) <= 0) return;
  ssize_t got = read(terminal, shown + have, kMost - 1 - have);
  if (got > 0) have += (size_t)got;
  if (got <= 0 && errno != EINTR) ended = 1;  // EIO: nobody has the other side open any more
  shown[have] = 0;
}

static void Expect(const char* text) {
  for (;;) {
    char* at = memmem(shown + matched, have - matched, text, strlen(text));
    if (at != NULL) {
      matched = (size_t)(at - shown) + strlen(text);
      return;
    }
    if (ended) Fail("ended without", text);
    if (time(NULL) > deadline) Fail("waited in vain for", text);
    Read(1000);
  }
}

static void Type(const char* text) {
  for (; *text != 0; text++) {
    char byte = *text;
    if (byte == '\\' && text[1] == 'x') {
      const char digits[3] = {text[2], text[3], 0};
      byte = (char)strtol(digits, NULL, 16);
      text += 3;
    } else if (byte == '\\') {
      text++;
      byte = *text == 'n' ? '\n' : *text == 'r' ? '\r' : *text;
    }
    if (write(terminal, &byte, 1) != 1) Fail("cannot type", text);
  }
}

static void Step(char* line) {
  char* rest = strchr(line, ' ');
  if (rest != NULL) *rest++ = 0;
  if (strcmp(line, "expect") == 0) {
    Expect(rest);
  } else if (strcmp(line, "send") == 0) {
    Type(rest);
  } else if (strcmp(line, "size") == 0) {
    struct winsize size = {0};
    sscanf(rest, "%hu %hu", &size.ws_row, &size.ws_col);
    ioctl(terminal, TIOCSWINSZ, &size);
  } else if (strcmp(line, "kill") == 0) {
    kill(child, atoi(rest));
  } else if (strcmp(line, "modes") == 0) {
    struct termios modes;
    tcgetattr(terminal, &modes);
    printf("modes echo=%d canonical=%d\n", (modes.c_lflag & ECHO) != 0, (modes.c_lflag & ICANON) != 0);
  } else if (*line != 0) {
    Fail("no such step", line);
  }
}

int main(int count, char** words) {
  if (count < 3) return 2;
  deadline = time(NULL) + kSeconds;
  terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return 2;
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  ioctl(terminal, TIOCSWINSZ, &size);
  const int other = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);  // kept, so that modes can be read after the end
  child = fork();
  if (child == 0) {
    setsid();
    ioctl(other, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) dup2(other, fd);
    execvp(words[2], words + 2);
    _exit(127);
  }
  char* next = words[1];
  while (next != NULL) {
    char* line = next;
    next = strchr(line, '\n');
    if (next != NULL) *next++ = 0;
    Step(line);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (time(NULL) > deadline) Fail("does not", "end");
    Read(50);
  }
  do {
    ended = 1;
    const size_t before = have;
    Read(0);
    ended = have == before;
  } while (!ended);
  struct termios modes;
  tcgetattr(other, &modes);
  printf("after echo=%d canonical=%d\n", (modes.c_lflag & ECHO) != 0, (modes.c_lflag & ICANON) != 0);
  fwrite(shown, 1, have, stderr);
  printf("status %d\n", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  return 0;
}
