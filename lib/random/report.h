// Where a broken promise of randomness ends. Neither returns; the machine's fault report names the function.
#pragma once

namespace caponier::random {

// A draw was due, and health tests have taken back the credit that the machine was seeded on.
[[noreturn]] void StopForLostSources();
// Uniform(0): there is no number below zero.
[[noreturn]] void StopForEmptyRange();

}  // namespace caponier::random
