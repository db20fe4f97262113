#include "tool/check.h"

#include <fmt/format.h>

#include <cstdio>

#include "tool/pack/guest_plan.h"

namespace caponier::tool {

int Check(const CheckOptions& options) {
  RunOptions run;
  run.arch = options.arch;
  run.sysroot = options.sysroot;
  run.program = {options.program};
  const GuestPlan plan = PlanGuest(run, CurrentSurroundings());
  fmt::print("{}: an ELF program for {}\n", plan.exe, NameOf(plan.arch));
  return 0;
}

}  // namespace caponier::tool
