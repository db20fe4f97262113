#include "hosted/heap/fault_report.h"

#include <signal.h>
#include <ucontext.h>

#include "hosted/heap/complain.h"
#include "hosted/heap/process_heap.h"
#include "hosted/heap/recorder.h"

namespace caponier::hosted {
namespace {

// Linux's names [linux-mte], which older headers lack.
constexpr int kSegvAsyncTagFault = 8, kSegvSyncTagFault = 9;
constexpr int kExposeTagBits = 0x800;  // SA_EXPOSE_TAGBITS: the pointer as the program had it

unwind::Frame FrameOf(const ucontext_t& context) {
  const mcontext_t& machine = context.uc_mcontext;
#if defined(__x86_64__)
  const auto word = [&](int number) { return static_cast<u64>(machine.gregs[number]); };
  return {.pc = word(REG_RIP), .stack_pointer = word(REG_RSP), .frame_pointer = word(REG_RBP)};
#else
  return {.pc = machine.pc, .stack_pointer = machine.sp, .frame_pointer = machine.regs[29], .return_address = machine.regs[30]};
#endif
}

// Only reads what the heap knows, without a lock: the thread that faulted may hold one.
void Report(int signal, siginfo_t* information, void* context) {
  InlineText<320> line;
  heap::Misuse misuse;
  if (information->si_code == kSegvAsyncTagFault) {
    Complain("tag fault, some time before this point (asynchronous checks do not say where)");
  } else if (information->si_code > 0 && ProcessHeap::Get().Explain(information->si_addr, &misuse)) {
    Describe(misuse, line);
    if (information->si_code == kSegvSyncTagFault) line.Write(" (tag fault)");
    Complain(line.text());
    Recorder::ReportFault(misuse, information->si_addr, FrameOf(*static_cast<ucontext_t*>(context)));
  }
  // As if there had been no handler: the access is made again and ends the process; a signal that somebody sent is sent again.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, nullptr);
  if (information->si_code <= 0 || information->si_code == kSegvAsyncTagFault) raise(signal);
}

}  // namespace

void ReportFaults() {
  struct sigaction now;
  if (sigaction(SIGSEGV, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
  struct sigaction ours = {};
  ours.sa_sigaction = Report;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | kExposeTagBits;
  sigaction(SIGSEGV, &ours, nullptr);
}

}  // namespace caponier::hosted
