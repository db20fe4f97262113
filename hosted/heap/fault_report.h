// What a tag fault or an access to a guard was: one line on standard error before the process ends as it would have.
#pragma once

namespace caponier::hosted {

// From here on, unless the program has a handler of its own for SIGSEGV; one that it installs later takes this one's place.
void ReportFaults();

}  // namespace caponier::hosted
