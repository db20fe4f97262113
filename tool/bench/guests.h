// The guests that are compared, all under QEMU's emulation on one virtual CPU: the floor, a caponier, and Linux. Each runs the same
// job: the archive and the program in it are byte for byte the same, so programs keep their C library's heap.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tool/arch.h"
#include "tool/install.h"
#include "tool/machine/qemu.h"
#include "tool/pack/guest_plan.h"

namespace caponier::tool::bench {

struct Machinery {
  u64 memory_bytes = 128 * kMiB;
  // The emulator's clock counts instructions, one a nanosecond: what a guest calls ns is then a count, the same in every run.
  bool count_instructions = false;
  bool report = false;  // a caponier's own report
  // The test build of the kernel with everything of it and of the program at fixed places, its functions as they were linked.
  bool fixed_layout = false;
  std::chrono::seconds deadline{120};
};

// What a run took: `wall_ms` from the emulator's start to its end, `cpu_ms` of processor time in it.
struct Finished {
  bool ended = false;  // by itself, before the deadline, having said how
  int status = -1;     // the program's, when it exited
  double wall_ms = 0, cpu_ms = 0;
  std::string output;  // the program's standard output
  std::string report;
  std::string complaint;  // last words, when it did not end as it should
};

// A program of this build under guest/bench/, or with `root` one of a sysroot.
GuestPlan PlanJob(Arch arch, const std::vector<std::string>& program, const std::string& sysroot = "",
                  const std::vector<std::string>& with = {});

Finished RunCaponier(const Install& install, const GuestPlan& plan, const Machinery& machinery);
// On the very machine a caponier gets, and on the barest that can end.
Finished RunFloor(const Install& install, const GuestPlan& plan, const Machinery& machinery);
Finished RunBareFloor(const Install& install, Arch arch);
// From the launcher's first instruction to its exit.
Finished RunLauncher(const std::string& launcher, Arch arch, const std::string& program);

// A command whose output and end are all that is known of it.
Finished RunCommand(const std::vector<std::string>& command, const std::vector<int>& inherited, std::chrono::seconds deadline);

// Throws Failure when the run did not end with `status`.
void Require(const Finished& finished, std::string_view guest, int status);

}  // namespace caponier::tool::bench
