#include "lib/linux_abi/signal_names.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <string>

namespace caponier::linux_abi {
namespace {

TEST(SignalNames, AreTheSystemsOwn) {
  for (int signal = 1; signal < 32; signal++) {
    std::string abbreviation = signal == SIGIO ? "IO" : sigabbrev_np(signal);  // the C library says POLL
    EXPECT_EQ(SignalName(signal), "SIG" + abbreviation);
    EXPECT_EQ(SignalDescription(signal), sigdescr_np(signal));
  }
  EXPECT_EQ(SignalName(0), "");
  EXPECT_EQ(SignalName(34), "");
  EXPECT_EQ(SignalDescription(-1), "");
}

TEST(SignalNames, CodesBelongToTheirSignal) {
  EXPECT_EQ(SignalCodeName(SIGSEGV, 1), "SEGV_MAPERR");
  EXPECT_EQ(SignalCodeName(SIGSEGV, 9), "SEGV_MTESERR");
  EXPECT_EQ(SignalCodeName(SIGBUS, 1), "BUS_ADRALN");
  EXPECT_EQ(SignalCodeName(SIGFPE, FPE_INTDIV), "FPE_INTDIV");
  EXPECT_EQ(SignalCodeName(SIGCHLD, CLD_EXITED), "CLD_EXITED");
  EXPECT_EQ(SignalCodeName(SIGUSR1, SI_USER), "SI_USER");
  EXPECT_EQ(SignalCodeName(SIGUSR1, SI_TKILL), "SI_TKILL");
  EXPECT_EQ(SignalCodeName(SIGSEGV, SI_KERNEL), "SI_KERNEL");
  EXPECT_EQ(SignalCodeName(SIGUSR1, 1), "");
  EXPECT_EQ(SignalCodeName(SIGSEGV, 77), "");
}

}  // namespace
}  // namespace caponier::linux_abi
