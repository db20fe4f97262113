// The program's environment: a small fixed one, so that a run does not depend on who starts it, and what --env adds.
#pragma once

#include <string>
#include <vector>

#include "tool/arch.h"
#include "tool/pack/guest_plan.h"

namespace caponier::tool {

// PATH, HOME, TERM; LANG and the LC_ names when they say C, POSIX or C.UTF-8, the locales that need no files or one; TZ. On
// AArch64 glibc's tunable for a tagged heap, as --tagging says. --env overrides each.
std::vector<std::string> GuestEnvironment(const RunOptions& options, const Surroundings& here, Arch arch,
                                          const std::string& workdir);

// The value of `name` in "K=V" lines; the last one counts.
std::optional<std::string> LookUp(const std::vector<std::string>& environment, std::string_view name);

// Whether a locale variable names C.UTF-8, which glibc reads from files.
bool UsesUtf8Locale(const std::vector<std::string>& environment);

}  // namespace caponier::tool
