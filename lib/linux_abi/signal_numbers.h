// Signals: numbers, the reasons in si_code, and the flags of sigaction(2) and its family.
//
// Every constant keeps its Linux name behind a k. Each list below defines the constants, names them for traces (trace.h), and is
// checked, entry by entry and for both architectures, against the system's headers (conformance/).
#pragma once

#include "lib/linux_abi/constant.h"

// Signal numbers, the same on both architectures.
#define CAPONIER_LINUX_SIGNALS(X) \
  X(SIGHUP, 1) \
  X(SIGINT, 2) \
  X(SIGQUIT, 3) \
  X(SIGILL, 4) \
  X(SIGTRAP, 5) \
  X(SIGABRT, 6) \
  X(SIGBUS, 7) \
  X(SIGFPE, 8) \
  X(SIGKILL, 9) \
  X(SIGUSR1, 10) \
  X(SIGSEGV, 11) \
  X(SIGUSR2, 12) \
  X(SIGPIPE, 13) \
  X(SIGALRM, 14) \
  X(SIGTERM, 15) \
  X(SIGSTKFLT, 16) \
  X(SIGCHLD, 17) \
  X(SIGCONT, 18) \
  X(SIGSTOP, 19) \
  X(SIGTSTP, 20) \
  X(SIGTTIN, 21) \
  X(SIGTTOU, 22) \
  X(SIGURG, 23) \
  X(SIGXCPU, 24) \
  X(SIGXFSZ, 25) \
  X(SIGVTALRM, 26) \
  X(SIGPROF, 27) \
  X(SIGWINCH, 28) \
  X(SIGIO, 29) \
  X(SIGPWR, 30) \
  X(SIGSYS, 31)

// The first real-time signal.
#define CAPONIER_LINUX_SIGNAL_RANGE(X) X(SIGRTMIN, 32)

// sigaction(2).
#define CAPONIER_LINUX_SIGACTION_FLAGS(X) \
  X(SA_RESTORER, 0x4000000) \
  X(SA_ONSTACK, 0x8000000) \
  X(SA_RESTART, 0x10000000) \
  X(SA_NODEFER, 0x40000000) \
  X(SA_RESETHAND, 0x80000000u) \
  X(SA_SIGINFO, 0x4) \
  X(SA_NOCLDSTOP, 0x1) \
  X(SA_NOCLDWAIT, 0x2) \
  X(SA_UNSUPPORTED, 0x400) \
  X(SA_EXPOSE_TAGBITS, 0x800)

// sigprocmask(2).
#define CAPONIER_LINUX_SIGPROCMASK_HOW(X) \
  X(SIG_BLOCK, 0) \
  X(SIG_UNBLOCK, 1) \
  X(SIG_SETMASK, 2)

// sigaltstack(2).
#define CAPONIER_LINUX_SIGALTSTACK_FLAGS(X) \
  X(SS_ONSTACK, 0x1) \
  X(SS_DISABLE, 0x2) \
  X(SS_AUTODISARM, 0x80000000u)

// sigaltstack(2): the least size, by architecture.
#define CAPONIER_LINUX_SIGALTSTACK_SIZES_BY_ARCH(X) \
  X(MINSIGSTKSZ, 2048, 5120) \
  X(SIGSTKSZ, 8192, 16384)

// si_code of signals that a program or a timer sent.
#define CAPONIER_LINUX_SI_CODES(X) \
  X(SI_USER, 0) \
  X(SI_KERNEL, 128) \
  X(SI_QUEUE, -1) \
  X(SI_TIMER, -2) \
  X(SI_MESGQ, -3) \
  X(SI_ASYNCIO, -4) \
  X(SI_SIGIO, -5) \
  X(SI_TKILL, -6)

// si_code of SIGILL.
#define CAPONIER_LINUX_ILL_CODES(X) \
  X(ILL_ILLOPC, 1) \
  X(ILL_ILLOPN, 2) \
  X(ILL_ILLADR, 3) \
  X(ILL_ILLTRP, 4) \
  X(ILL_PRVOPC, 5) \
  X(ILL_PRVREG, 6) \
  X(ILL_COPROC, 7) \
  X(ILL_BADSTK, 8)

// si_code of SIGFPE.
#define CAPONIER_LINUX_FPE_CODES(X) \
  X(FPE_INTDIV, 1) \
  X(FPE_INTOVF, 2) \
  X(FPE_FLTDIV, 3) \
  X(FPE_FLTOVF, 4) \
  X(FPE_FLTUND, 5) \
  X(FPE_FLTRES, 6) \
  X(FPE_FLTINV, 7) \
  X(FPE_FLTSUB, 8)

// si_code of SIGSEGV; the last two are tag check faults.
#define CAPONIER_LINUX_SEGV_CODES(X) \
  X(SEGV_MAPERR, 1) \
  X(SEGV_ACCERR, 2) \
  X(SEGV_BNDERR, 3) \
  X(SEGV_PKUERR, 4) \
  X(SEGV_MTEAERR, 8) \
  X(SEGV_MTESERR, 9)

// si_code of SIGBUS.
#define CAPONIER_LINUX_BUS_CODES(X) \
  X(BUS_ADRALN, 1) \
  X(BUS_ADRERR, 2) \
  X(BUS_OBJERR, 3) \
  X(BUS_MCEERR_AR, 4) \
  X(BUS_MCEERR_AO, 5)

// si_code of SIGTRAP.
#define CAPONIER_LINUX_TRAP_CODES(X) \
  X(TRAP_BRKPT, 1) \
  X(TRAP_TRACE, 2) \
  X(TRAP_BRANCH, 3) \
  X(TRAP_HWBKPT, 4) \
  X(TRAP_UNK, 5)

// si_code of SIGCHLD.
#define CAPONIER_LINUX_CLD_CODES(X) \
  X(CLD_EXITED, 1) \
  X(CLD_KILLED, 2) \
  X(CLD_DUMPED, 3) \
  X(CLD_TRAPPED, 4) \
  X(CLD_STOPPED, 5) \
  X(CLD_CONTINUED, 6)

// si_code of SIGSYS.
#define CAPONIER_LINUX_SYS_CODES(X) \
  X(SYS_SECCOMP, 1) \
  X(SYS_USER_DISPATCH, 2)

// sigevent, sigev_notify.
#define CAPONIER_LINUX_SIGEV_NOTIFY(X) \
  X(SIGEV_SIGNAL, 0) \
  X(SIGEV_NONE, 1) \
  X(SIGEV_THREAD, 2) \
  X(SIGEV_THREAD_ID, 4)

// ucontext, uc_flags, x86-64 alone.
#define CAPONIER_LINUX_UCONTEXT_FLAGS_X86_64(X) \
  X(UC_FP_XSTATE, 0x1) \
  X(UC_SIGCONTEXT_SS, 0x2) \
  X(UC_STRICT_RESTORE_SS, 0x4)

// Markers inside signal frames: the extended state of x86-64, the records of AArch64.
#define CAPONIER_LINUX_FRAME_MAGIC_X86_64(X) \
  X(FP_XSTATE_MAGIC1, 0x46505853) \
  X(FP_XSTATE_MAGIC2, 0x46505845) \
  X(FP_XSTATE_MAGIC2_SIZE, 0x4)
#define CAPONIER_LINUX_FRAME_MAGIC_AARCH64(X) \
  X(FPSIMD_MAGIC, 0x46508001) \
  X(ESR_MAGIC, 0x45535201) \
  X(EXTRA_MAGIC, 0x45585401) \
  X(SVE_MAGIC, 0x53564501) \
  X(ZA_MAGIC, 0x54366345)

// All of the above: only what stands here is defined, and everything that is defined is checked.
#define CAPONIER_LINUX_SIGNAL_NUMBERS_ALL(X) \
  CAPONIER_LINUX_SIGNALS(X) \
  CAPONIER_LINUX_SIGNAL_RANGE(X) \
  CAPONIER_LINUX_SIGACTION_FLAGS(X) \
  CAPONIER_LINUX_SIGPROCMASK_HOW(X) \
  CAPONIER_LINUX_SIGALTSTACK_FLAGS(X) \
  CAPONIER_LINUX_SI_CODES(X) \
  CAPONIER_LINUX_ILL_CODES(X) \
  CAPONIER_LINUX_FPE_CODES(X) \
  CAPONIER_LINUX_SEGV_CODES(X) \
  CAPONIER_LINUX_BUS_CODES(X) \
  CAPONIER_LINUX_TRAP_CODES(X) \
  CAPONIER_LINUX_CLD_CODES(X) \
  CAPONIER_LINUX_SYS_CODES(X) \
  CAPONIER_LINUX_SIGEV_NOTIFY(X)
#define CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_BY_ARCH(X) CAPONIER_LINUX_SIGALTSTACK_SIZES_BY_ARCH(X)
#define CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_X86_64(X) \
  CAPONIER_LINUX_UCONTEXT_FLAGS_X86_64(X) \
  CAPONIER_LINUX_FRAME_MAGIC_X86_64(X)
#define CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_AARCH64(X) CAPONIER_LINUX_FRAME_MAGIC_AARCH64(X)

namespace caponier::linux_abi {
CAPONIER_LINUX_SIGNAL_NUMBERS_ALL(CAPONIER_ABI_CONSTANT)
namespace x86_64 {
CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_BY_ARCH(CAPONIER_ABI_CONSTANT_X86_64)
CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_X86_64(CAPONIER_ABI_CONSTANT)
}  // namespace x86_64
namespace aarch64 {
CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_BY_ARCH(CAPONIER_ABI_CONSTANT_AARCH64)
CAPONIER_LINUX_SIGNAL_NUMBERS_ALL_AARCH64(CAPONIER_ABI_CONSTANT)
}  // namespace aarch64
}  // namespace caponier::linux_abi
