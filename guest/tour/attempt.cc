#include "guest/tour/attempt.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

namespace caponier::tour {
namespace {

constexpr int kCaught[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
constexpr size_t kStackBytes = size_t{64} << 10, kAlternateBytes = size_t{32} << 10;

struct Trial {
  void (*crime)(void*);
  void* argument;
  sigjmp_buf back;
  stack_t alternate;  // here, since a crime may overwrite its thread's stack
  Attempt attempt;
};
// One crime at a time; musl's thread variables would do, and this needs nothing of a thread whose stack is gone.
Trial* g_trial;

void OnSignal(int signal, siginfo_t* info, void*) {
  Trial& trial = *g_trial;
  trial.attempt.caught = true;
  trial.attempt.signal = signal;
  trial.attempt.code = info->si_code;
  trial.attempt.place = info->si_addr;
  siglongjmp(trial.back, 1);
}

void* Run(void* pointer) {
  g_trial = static_cast<Trial*>(pointer);
  stack_t& alternate = g_trial->alternate;
  alternate.ss_sp = malloc(kAlternateBytes);
  alternate.ss_size = kAlternateBytes;
  if (alternate.ss_sp == nullptr || sigaltstack(&alternate, nullptr) != 0) abort();
  if (sigsetjmp(g_trial->back, 1) == 0) g_trial->crime(g_trial->argument);
  g_trial->alternate.ss_flags = SS_DISABLE;
  sigaltstack(&g_trial->alternate, nullptr);
  free(g_trial->alternate.ss_sp);
  return nullptr;
}

const char* CodeText(int signal, int code) {
  if (signal == SIGSEGV) {
    switch (code) {
      case 1: return "nothing is mapped there (SEGV_MAPERR)";
      case 2: return "no permission there (SEGV_ACCERR)";
      case 8: return "tags differ (SEGV_MTEAERR)";
      case 9: return "tags differ (SEGV_MTESERR)";
    }
  }
  if (signal == SIGILL) return "instruction refused";
  if (signal == SIGBUS) return "no memory behind it";
  return "refused";
}

const char* NameOf(int signal) {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGTRAP: return "SIGTRAP";
    case SIGFPE: return "SIGFPE";
  }
  return "signal";
}

}  // namespace

const char* Attempt::Text() const {
  if (!caught) return "nothing stopped it";
  snprintf(text_, sizeof text_, "%s: %s", NameOf(signal), CodeText(signal, code));
  return text_;
}

Attempt Commit(void (*crime)(void*), void* argument) {
  struct sigaction action = {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int signal : kCaught) sigaction(signal, &action, nullptr);

  static Trial trial;
  trial = {};
  trial.crime = crime;
  trial.argument = argument;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, Run, &trial) != 0) abort();
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);

  action = {};
  action.sa_handler = SIG_DFL;
  for (const int signal : kCaught) sigaction(signal, &action, nullptr);
  return trial.attempt;
}

}  // namespace caponier::tour
