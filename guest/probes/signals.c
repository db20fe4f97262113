// What a program can see of signals. Prints the same on Linux and on Caponier; the differential test compares.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t order[32], count;
static siginfo_t last;
static sigjmp_buf escape;
static long result;

static void note(int signal) { order[count++ % 32] = signal; }
static void note_info(int signal, siginfo_t* info, void* context) {
  (void)context;
  last = *info;
  note(signal);
}
static void jump(int signal, siginfo_t* info, void* context) {
  (void)context;
  last = *info;
  siglongjmp(escape, signal);
}
static void handle(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
  sigaction(signal, &action, 0);
}
static void print_order(const char* what) {
  printf("%s:", what);
  for (int i = 0; i < count; i++) printf(" %d", order[i]);
  printf("\n");
  count = 0;
}
static void set_mask(int how, int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(how, &set, 0);
}

static void test_order(void) {
  for (int s = 34; s < 40; s++) handle(s, note_info, 0);
  handle(SIGUSR1, note_info, 0);
  handle(SIGTERM, note_info, 0);
  sigset_t all, old;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &old);
  kill(getpid(), SIGTERM);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  for (int i = 0; i < 3; i++) sigqueue(getpid(), 36, (union sigval){.sival_int = i});
  sigqueue(getpid(), 35, (union sigval){.sival_int = 9});
  sigset_t pending;
  sigpending(&pending);
  printf("pending: %d %d %d %d %d\n", sigismember(&pending, SIGTERM), sigismember(&pending, SIGUSR1), sigismember(&pending, 35),
         sigismember(&pending, 36), sigismember(&pending, 37));
  sigprocmask(SIG_SETMASK, &old, 0);
  print_order("order of delivery");
  printf("last: signo %d code %d pid-is-ours %d\n", last.si_signo, last.si_code, last.si_pid == getpid());
}

static void test_details(void) {
  handle(SIGUSR2, note_info, 0);
  kill(getpid(), SIGUSR2);
  printf("kill: code %d uid %d\n", last.si_code, (int)last.si_uid - (int)getuid());
  raise(SIGUSR2);
  printf("raise: code %d\n", last.si_code);
  sigqueue(getpid(), SIGUSR2, (union sigval){.sival_ptr = (void*)0x1234567890});
  printf("sigqueue: code %d value %p\n", last.si_code, last.si_value.sival_ptr);
  count = 0;
}

static void test_faults(void) {
  handle(SIGSEGV, jump, SA_NODEFER);
  handle(SIGBUS, jump, SA_NODEFER);
  handle(SIGFPE, jump, SA_NODEFER);
  handle(SIGILL, jump, SA_NODEFER);
  handle(SIGTRAP, jump, SA_NODEFER);
  if (sigsetjmp(escape, 1) == 0) *(volatile int*)16 = 1;
  printf("null write: signo %d code %d addr %p\n", last.si_signo, last.si_code, last.si_addr);
  char* page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sigsetjmp(escape, 1) == 0) *(volatile char*)(page + 8) = 1;
  printf("read-only write: signo %d code %d offset %d\n", last.si_signo, last.si_code, (int)((char*)last.si_addr - page));
  if (sigsetjmp(escape, 1) == 0) ((void (*)(void))(void*)page)();
  printf("execute data: signo %d code %d\n", last.si_signo, last.si_code);
  munmap(page, 4096);
#if defined(__x86_64__)
  if (sigsetjmp(escape, 1) == 0) {
    __asm__ volatile("xorl %%ecx, %%ecx; idivl %%ecx" ::: "eax", "ecx", "edx");
  }
  printf("x86-64 division: signo %d code %d\n", last.si_signo, last.si_code);
  if (sigsetjmp(escape, 1) == 0) __asm__ volatile("ud2");
  printf("x86-64 illegal: signo %d code %d\n", last.si_signo, last.si_code);
  if (sigsetjmp(escape, 1) == 0) __asm__ volatile("int3");
  printf("x86-64 breakpoint: signo %d code %d\n", last.si_signo, last.si_code);
  if (sigsetjmp(escape, 1) == 0) __asm__ volatile("hlt");
  printf("x86-64 privileged: signo %d code %d\n", last.si_signo, last.si_code);
  if (sigsetjmp(escape, 1) == 0) *(volatile int*)0x8000000000000000 = 1;
  printf("x86-64 non-canonical: signo %d code %d addr %p\n", last.si_signo, last.si_code, last.si_addr);
#endif
  signal(SIGSEGV, SIG_DFL);
}

static int on_altstack;
static char* stack_memory;
static void check_stack(int signal, siginfo_t* info, void* context) {
  (void)info;
  stack_t now;
  sigaltstack(0, &now);
  char here;
  on_altstack = &here >= stack_memory && &here < stack_memory + 65536;
  const ucontext_t* uc = context;
  printf("on handler stack: %d flags %d saved flags %d size %zu change %d\n", on_altstack, now.ss_flags, uc->uc_stack.ss_flags,
         uc->uc_stack.ss_size, sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, 0) == 0 ? 0 : errno);
  note(signal);
}
static void test_alternate_stack(void) {
  stack_memory = malloc(65536);
  stack_t old;
  sigaltstack(0, &old);
  printf("before: flags %d\n", old.ss_flags);
  stack_t wanted = {.ss_sp = stack_memory, .ss_size = 65536};
  printf("set: %d\n", sigaltstack(&wanted, 0));
  handle(SIGUSR1, check_stack, SA_ONSTACK);
  raise(SIGUSR1);
  handle(SIGUSR1, check_stack, 0);
  raise(SIGUSR1);
  handle(SIGUSR1, check_stack, SA_ONSTACK);
  wanted.ss_flags = 1u << 31;  // SS_AUTODISARM
  printf("autodisarm: %d\n", sigaltstack(&wanted, 0));
  raise(SIGUSR1);
  sigaltstack(0, &old);
  printf("after autodisarm: flags %x size %zu\n", old.ss_flags, old.ss_size);
  wanted.ss_flags = SS_DISABLE;
  printf("disable: %d\n", sigaltstack(&wanted, 0));
  wanted.ss_flags = 0;
  wanted.ss_size = 100;
  errno = 0;
  result = sigaltstack(&wanted, 0);
  printf("too small: %ld errno %d\n", result, errno);
  wanted.ss_flags = 77;
  errno = 0;
  result = sigaltstack(&wanted, 0);
  printf("bad flags: %ld errno %d\n", result, errno);
  count = 0;
}

static void depth(int signal, siginfo_t* info, void* context) {
  (void)info, (void)context;
  note(signal);
  if (count < 3) raise(signal);
  note(-signal);
}
static void test_flags(void) {
  handle(SIGUSR1, depth, SA_NODEFER);
  raise(SIGUSR1);
  print_order("nodefer");
  handle(SIGUSR1, depth, 0);
  raise(SIGUSR1);
  print_order("defer");
  handle(SIGUSR1, note_info, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction now;
  sigaction(SIGUSR1, 0, &now);
  printf("resethand: default %d\n", now.sa_handler == SIG_DFL);
  count = 0;
  errno = 0;
  result = sigaction(SIGKILL, &now, 0);
  printf("kill handler: %ld errno %d\n", result, errno);
  signal(SIGUSR1, SIG_IGN);
  raise(SIGUSR1);
  set_mask(SIG_BLOCK, SIGUSR1);
  raise(SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  printf("ignored and blocked waits: %d\n", sigismember(&pending, SIGUSR1));
  signal(SIGUSR1, SIG_IGN);
  sigpending(&pending);
  printf("ignoring again drops it: %d\n", sigismember(&pending, SIGUSR1));
  set_mask(SIG_UNBLOCK, SIGUSR1);
}

static void test_wait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, 40);
  sigprocmask(SIG_BLOCK, &set, 0);
  struct timespec none = {0, 0}, little = {0, 20000000};
  siginfo_t info;
  errno = 0;
  result = sigtimedwait(&set, &info, &none);
  printf("timedwait nothing: %ld errno %d\n", result, errno);
  errno = 0;
  result = sigtimedwait(&set, &info, &little);
  printf("timedwait a while: %ld errno %d\n", result, errno);
  signal(SIGUSR1, SIG_DFL);
  sigqueue(getpid(), 40, (union sigval){.sival_int = 5});
  sigqueue(getpid(), 40, (union sigval){.sival_int = 6});
  raise(SIGUSR1);
  int got = sigtimedwait(&set, &info, &little);
  printf("first: %d\n", got);
  got = sigwaitinfo(&set, &info);
  printf("then: %d value %d code %d\n", got, info.si_value.sival_int, info.si_code);
  got = sigwaitinfo(&set, &info);
  printf("then: %d value %d\n", got, info.si_value.sival_int);
  handle(SIGALRM, note_info, 0);
  alarm(1);
  // The library's sigwaitinfo goes on after EINTR.
  errno = 0;
  result = syscall(SYS_rt_sigtimedwait, &set, &info, 0, 8);
  printf("interrupted: %ld errno %d\n", result, errno);
  printf("alarm code %d\n", last.si_code);
  count = 0;
  sigset_t empty;
  sigemptyset(&empty);
  handle(SIGUSR1, note_info, 0);
  raise(SIGUSR1);
  errno = 0;
  result = sigsuspend(&empty);
  printf("suspend: %ld errno %d\n", result, errno);
  print_order("suspend delivered");
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  printf("mask restored: %d\n", sigismember(&now, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &set, 0);
}

static void* poke(void* target) {
  usleep(50000);
  pthread_kill(*(pthread_t*)target, SIGUSR1);
  usleep(50000);
  write(*(int*)((char**)target)[1], "x", 1);
  return 0;
}
static void test_restart(void) {
  for (int restart = 0; restart < 2; restart++) {
    int pipes[2];
    if (pipe(pipes) != 0) return;
    handle(SIGUSR1, note_info, restart ? SA_RESTART : 0);
    pthread_t self = pthread_self(), thread;
    void* arguments[2] = {self, &pipes[1]};
    pthread_create(&thread, 0, poke, arguments);
    char byte;
    errno = 0;
    ssize_t got = read(pipes[0], &byte, 1);
    printf("read with restart %d: %zd errno %d handled %d\n", restart, got, errno, count);
    pthread_join(thread, 0);
    close(pipes[0]);
    close(pipes[1]);
    count = 0;
  }
}

#if defined(__x86_64__)
static void change_context(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)info;
  ucontext_t* uc = context;
  uc->uc_mcontext.gregs[REG_RAX] = 0x55;
  uc->uc_mcontext.gregs[REG_RIP] += 2;
  uc->uc_mcontext.gregs[REG_EFL] |= 0x3000;  // IOPL: must not stick
  double* xmm = (double*)uc->uc_mcontext.fpregs->_xmm;
  printf("x86-64 context: trapno %lld err %lld cs %llx xmm0 %g magic %x flags %lx\n",
         (long long)uc->uc_mcontext.gregs[REG_TRAPNO], (long long)uc->uc_mcontext.gregs[REG_ERR],
         (long long)(uc->uc_mcontext.gregs[REG_CSGSFS] & 3), xmm[0], ((unsigned*)uc->uc_mcontext.fpregs)[116], uc->uc_flags);
  xmm[0] = 7.5;
}
#endif
static void test_context(void) {
#if defined(__x86_64__)
  handle(SIGILL, change_context, 0);
  unsigned long rax = 1, flags;
  double value = 2.5;
  __asm__ volatile("movsd %1, %%xmm0; ud2; movsd %%xmm0, %1; pushf; pop %2" : "=a"(rax), "+m"(value), "=r"(flags)::"xmm0");
  printf("x86-64 changed by handler: rax %lx xmm0 %g iopl %lx\n", rax, value, flags & 0x3000);
  signal(SIGILL, SIG_DFL);
#endif
}

// A program that prints under a timer without SA_RESTART loses nothing: there is room for what it writes, so no write is cut short.
static void on_tick(int signal, siginfo_t* info, void* context) { (void)signal, (void)info, (void)context; }
static void test_output_under_a_timer(void) {
  handle(SIGALRM, on_tick, 0);
  struct itimerval every = {.it_interval.tv_usec = 100, .it_value.tv_usec = 100};
  setitimer(ITIMER_REAL, &every, 0);
  int cut = 0;
  for (int i = 0; i < 3000; i++) {
    if (write(1, i % 60 == 59 ? ".\n" : "..", 2) != 2) cut++;
  }
  memset(&every, 0, sizeof(every));
  setitimer(ITIMER_REAL, &every, 0);
  signal(SIGALRM, SIG_DFL);
  printf("writes cut short: %d\n", cut);
}

static void test_descriptor(void) {
  sigset_t wanted, old;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR2);
  sigaddset(&wanted, SIGRTMIN + 2);
  sigprocmask(SIG_BLOCK, &wanted, &old);
  const int file = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
  struct signalfd_siginfo got[4] = {0};
  printf("descriptor: %d flags %x\n", file >= 0, fcntl(file, F_GETFD));
  result = read(file, got, sizeof(got));
  printf("nothing to read: %ld errno %d\n", result, errno);
  struct pollfd polled = {.fd = file, .events = POLLIN | POLLOUT};
  printf("nothing to poll: %d\n", poll(&polled, 1, 0));
  kill(getpid(), SIGUSR2);
  result = poll(&polled, 1, 0);
  printf("to poll: %ld %x\n", result, polled.revents);
  sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 7});
  pthread_kill(pthread_self(), SIGRTMIN + 2);
  printf("read: %zd\n", read(file, got, sizeof(got)));
  for (int i = 0; i < 3; i++)
    printf("signal %d code %d value %d mine %d\n", (int)got[i].ssi_signo, got[i].ssi_code, got[i].ssi_int,
           got[i].ssi_pid == (uint32_t)getpid());
  result = read(file, got, 100);
  printf("too short: %ld errno %d\n", result, errno);
  result = write(file, got, 128);
  printf("written: %ld errno %d\n", result, errno);
  const int set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = 5};
  epoll_ctl(set, EPOLL_CTL_ADD, file, &event);
  printf("epoll before: %d\n", epoll_wait(set, &event, 1, 0));
  fcntl(file, F_SETFL, 0);
  sigdelset(&wanted, SIGUSR2);
  sigaddset(&wanted, SIGALRM);
  sigprocmask(SIG_BLOCK, &wanted, 0);
  printf("changed: %d\n", signalfd(file, &wanted, 0) == file);
  kill(getpid(), SIGUSR2);
  printf("no longer wanted: %d\n", epoll_wait(set, &event, 1, 0));
  const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
  setitimer(ITIMER_REAL, &soon, 0);
  printf("epoll waits: %d\n", epoll_wait(set, &event, 1, 5000));
  result = read(file, got, sizeof(got));
  printf("read: %ld signal %d\n", result, (int)got[0].ssi_signo);
  setitimer(ITIMER_REAL, &soon, 0);
  result = read(file, got, sizeof(got));
  printf("read waits: %ld signal %d\n", result, (int)got[0].ssi_signo);
  result = signalfd(set, &wanted, 0);
  printf("no signals: %ld errno %d\n", result, errno);
  result = signalfd(999, &wanted, 0);
  printf("no file: %ld errno %d\n", result, errno);
  result = signalfd(-1, &wanted, 1);
  printf("unknown flag: %ld errno %d\n", result, errno);
  close(file);
  close(set);
  const struct timespec none = {0};
  sigaddset(&wanted, SIGUSR2);
  while (sigtimedwait(&wanted, 0, &none) > 0) {
  }
  sigprocmask(SIG_SETMASK, &old, 0);
}

#if defined(__x86_64__)
static volatile int steps;
static void on_step(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)info;
  if (++steps == 100) ((ucontext_t*)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}
static void test_single_steps(void) {
  const struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, 0);
  __asm__ volatile(
      "sub $128, %%rsp; pushf; orq $0x100, (%%rsp); popf; mov %0, %%eax; syscall; nop; pushf; andq $~0x100, (%%rsp); popf; add "
      "$128, %%rsp"
      :
      : "i"(SYS_getpid)
      : "cc", "memory", "rax", "rcx", "r11");
  printf("x86-64 steps with a system call among them: %d\n", steps);
}
#endif

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  test_order();
  test_details();
  test_faults();
  test_alternate_stack();
  test_flags();
  test_wait();
  test_restart();
  test_context();
#if defined(__x86_64__)
  test_single_steps();
#endif
  test_output_under_a_timer();
  test_descriptor();
  errno = 0;
  result = kill(99999, 0);
  printf("kill 0 to nobody: %ld errno %d\n", result, errno);
  errno = 0;
  result = kill(getpid(), 65);
  printf("bad signal: %ld errno %d\n", result, errno);
  printf("done\n");
  return 0;
}
