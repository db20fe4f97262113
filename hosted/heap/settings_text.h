// The one environment variable, CAPONIER_HEAP.
#pragma once

#include "lib/heap/settings.h"

namespace caponier::hosted {

// What CAPONIER_HEAP asks for. Ends the process, naming the word, when it asks for what is not there. A program with privileges its caller
// lacks keeps the defaults.
heap::Settings SettingsOfProcess();

}  // namespace caponier::hosted
