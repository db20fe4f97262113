// The program's environment: a small fixed one, so that a run does not depend on who starts it, and what --env adds.
#pragma once

#include <string>
#include <vector>

#include "tool/arch.h"
#include "tool/pack/guest_plan.h"

namespace caponier::tool {

// PATH, HOME, TERM; LANG and the LC_ names when they say C, POSIX or C.UTF-8, the locales that need no files or one; TZ. On
// AArch64 glibc's tunable for a tagged heap, as --tagging says, unless the program relocates itself. --env overrides each. Of the plan,
// its program and working directory are there.
std::vector<std::string> GuestEnvironment(const RunOptions& options, const Surroundings& here, const GuestPlan& plan);

// The value of `name` in "K=V" lines; the last one counts.
std::optional<std::string> LookUp(const std::vector<std::string>& environment, std::string_view name);

// Whether a locale variable names C.UTF-8, which glibc reads from files.
bool UsesUtf8Locale(const std::vector<std::string>& environment);

}  // namespace caponier::tool
