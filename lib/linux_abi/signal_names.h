// Signals in words, for traces and crash reports.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::linux_abi {

// "SIGSEGV" and "Segmentation fault"; empty for real-time signals and for numbers that are none.
std::string_view SignalName(int signal);
std::string_view SignalDescription(int signal);
// "SEGV_MAPERR", "SI_USER"; empty when the code is unknown.
std::string_view SignalCodeName(int signal, int code);

}  // namespace caponier::linux_abi
