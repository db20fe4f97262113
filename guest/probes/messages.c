// System V's message queues. Prints the same on Linux and on Caponier.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

#include "guest/probes/show.h"

struct Text {
  long type;
  char text[9000];
};

static int queue;
static int Send(long type, const char* text, size_t bytes, int flags) {
  struct Text message = {.type = type};
  strcpy(message.text, text);
  return msgsnd(queue, &message, bytes, flags);
}
static int Say(long type, const char* text) { return Send(type, text, strlen(text), 0); }
static void Take(const char* what, long type, size_t room, int flags) {
  struct Text message = {0};
  const ssize_t got = msgrcv(queue, &message, room, type, flags);
  if (got < 0) {
    printf("%s: errno %d\n", what, errno);
  } else {
    printf("%s: %zd of %ld, %.20s\n", what, got, message.type, message.text);
  }
}
static void Describe(const char* what) {
  struct msqid_ds state;
  if (msgctl(queue, IPC_STAT, &state) != 0) {
    printf("%s: errno %d\n", what, errno);
    return;
  }
  printf("%s: %lu with %lu of %lu, mode %o, key %s, by %s, taken by %s, times %d %d %d\n", what, (unsigned long)state.msg_qnum,
         (unsigned long)state.msg_cbytes, (unsigned long)state.msg_qbytes, state.msg_perm.mode,
         state.msg_perm.__ipc_perm_key == 0 ? "none" : "one", state.msg_lspid == getpid() ? "this" : state.msg_lspid == 0 ? "none" : "?",
         state.msg_lrpid == 0 ? "none" : "one", state.msg_stime != 0, state.msg_rtime != 0,
         state.msg_ctime != 0);
}

struct Wait {
  pthread_t thread;
  int sends;
  long type;
  size_t room;
  ssize_t result;
  int error;
  struct Text message;
};
static void* DoWait(void* argument) {
  struct Wait* wait = argument;
  wait->message.type = wait->type;
  wait->result = wait->sends ? msgsnd(queue, &wait->message, wait->room, 0)
                             : msgrcv(queue, &wait->message, wait->room, wait->type, 0);
  wait->error = wait->result < 0 ? errno : 0;
  return 0;
}
// Nothing tells of who waits: a while, then it does.
static void Begin(struct Wait* wait, int sends, long type, size_t room) {
  *wait = (struct Wait){.sends = sends, .type = type, .room = room};
  pthread_create(&wait->thread, 0, DoWait, wait);
  usleep(30000);
}
static void End(const char* what, struct Wait* wait) {
  pthread_join(wait->thread, 0);
  printf("%s: %zd errno %d, %ld %.20s\n", what, wait->result, wait->error, wait->message.type, wait->message.text);
}

static void OnSignal(int signal) { (void)signal; }

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  const key_t key = 0x45000000 | (getpid() & 0xffffff);
  Show("none yet", msgget(key, 0600));
  queue = msgget(key, IPC_CREAT | IPC_EXCL | 0640);
  printf("made: %d\n", queue >= 0);
  Show("once only", msgget(key, IPC_CREAT | IPC_EXCL | 0640));
  printf("found: %d\n", msgget(key, 0) == queue && msgget(key, IPC_CREAT | 0640) == queue);
  Describe("new");
  Take("empty", 0, 100, IPC_NOWAIT);

  Show("said", Say(5, "five"));
  Say(3, "three");
  Say(5, "five again");
  Say(4, "four");
  Say(3, "");
  Describe("said");
  Take("of 4", 4, 100, 0);
  Take("of none", 7, 100, IPC_NOWAIT);
  Take("too long", 0, 3, 0);
  Take("cut", 0, 3, MSG_NOERROR);
  Take("lowest", -9, 100, 0);
  Take("not 3", 3, 100, MSG_EXCEPT);
  Take("nothing in it", -1000, 0, 0);
  Take("none up to 2", -2, 100, IPC_NOWAIT);
  Describe("all taken");

  Show("no type", Say(0, "x"));
  Show("type below 0", Say(-1, "x"));
  Show("too large", Send(1, "x", 8193, 0));
  Show("largest", Send(1, "x", 8192, 0));
  Show("as large again", Send(2, "x", 8192, 0));
  Show("full", Send(3, "x", 1, IPC_NOWAIT));
  Show("an empty one", Send(3, "", 0, IPC_NOWAIT));
  Describe("full");
  Show("from nowhere", msgsnd(queue, (void*)8, 1, 0));
  Show("no queue", msgsnd(-1, &(struct Text){1, ""}, 1, 0));
  Show("no such queue", msgsnd(0x7ffffff0, &(struct Text){1, ""}, 1, 0));
  Show("to nowhere", msgrcv(queue, (void*)8, 8192, 2, 0));
  Show("below 0", msgrcv(queue, &(struct Text){0, ""}, (size_t)-1, 0, 0));
  Describe("lost");
  Take("largest", 1, 9000, 0);
  Take("empty", 3, 9000, 0);

  struct Wait first, second, third;
  Begin(&first, 0, 2, 100);
  Begin(&second, 0, 0, 2);
  Begin(&third, 0, -9, 100);
  Show("for the third", Say(7, "seven"));
  End("second, too long for it", &second);
  End("third", &third);
  Show("for the first", Say(2, "two"));
  End("first", &first);
  Describe("handed over");

  Send(1, "a", 8192, 0);
  Send(1, "b", 8192, 0);
  Begin(&first, 1, 9, 100);
  Describe("one waits");
  Take("makes room", 0, 9000, 0);
  End("sent", &first);
  Take("last", 9, 100, 0);
  Take("rest", 0, 9000, 0);

  const struct sigaction action = {.sa_handler = OnSignal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, 0);
  Begin(&first, 0, 1, 100);
  pthread_kill(first.thread, SIGUSR1);
  End("interrupted", &first);

  struct msqid_ds state;
  msgctl(queue, IPC_STAT, &state);
  state.msg_perm.mode = 0600;
  state.msg_qbytes = 10;
  Show("changed", msgctl(queue, IPC_SET, &state));
  Show("ten bytes", Send(1, "0123456789", 10, IPC_NOWAIT));
  Show("and one more", Send(1, "x", 1, IPC_NOWAIT));
  Describe("changed");
  Show("to nowhere", msgctl(queue, IPC_STAT, (void*)8));
  Show("no such command", msgctl(queue, 77, &state));
  struct msginfo limits;
  printf("limits: %d\n", msgctl(0, IPC_INFO, (struct msqid_ds*)&limits) >= 0);
  printf("%d %d %d %d %d %d %d %d\n", limits.msgpool, limits.msgmap, limits.msgmax, limits.msgmnb, limits.msgmni, limits.msgssz,
         limits.msgtql, limits.msgseg);

  Begin(&first, 0, 7, 100);
  Begin(&second, 1, 7, 100);
  Show("removed", msgctl(queue, IPC_RMID, 0));
  End("receiver", &first);
  End("sender", &second);
  Show("removed twice", msgctl(queue, IPC_RMID, 0));
  Describe("gone");
  Show("its key", msgget(key, 0));

  if (geteuid() != 0) {
    puts("root not here");
    return 0;
  }
  const int roots = msgget(IPC_PRIVATE, 0600), groups = msgget(IPC_PRIVATE, 0640);
  if (seteuid(12345) != 0) return 1;
  queue = roots;
  Take("root another's", 0, 100, IPC_NOWAIT);
  queue = groups;
  Take("root the group's to read", 0, 100, IPC_NOWAIT);
  Show("root the group's to write", Say(1, "x"));
  Show("root another's removed", msgctl(roots, IPC_RMID, 0));
  if (seteuid(0) != 0) return 1;
  Show("root removed", msgctl(roots, IPC_RMID, 0) + msgctl(groups, IPC_RMID, 0));
  return 0;
}
