// Where the library ends a process: one line on standard error, then SIGABRT. Neither returns and neither allocates.
#pragma once

namespace caponier::hosted {

// The kernel refuses what randomness rests on. `error` is an errno.
[[noreturn]] void StopForLackOf(const char* what, int error);
// caponier_random_uniform(0): there is no number below zero.
[[noreturn]] void StopForEmptyRange();

}  // namespace caponier::hosted
