// The comparisons of `caponier bench`. Each measures its guests in turn, A B C A B C, so that a neighbour on the host disturbs all
// alike, and gives JSON; a table for people is made from that.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tool/bench/guests.h"
#include "tool/bench/linux_guest.h"

namespace caponier::tool::bench {

using Json = nlohmann::ordered_json;

// What every comparison works with.
struct Bench {
  const Install& install;
  Arch arch;
  int runs;              // 0: the comparison's own choice
  std::string build;     // the directory of all builds
  std::string launcher;  // empty when there is none
  const LinuxGuest& linux_guest;
};

// From the emulator's start to the end of a static hello, by phase; the least memory; the kernel's size.
Json CompareBoot(const Bench& bench);
std::string BootTables(const Json& boot);

// Calls to the kernel, timed by one program inside.
Json CompareCalls(const Bench& bench);
std::string CallTables(const Json& calls);

// Real programs.
Json ComparePrograms(const Bench& bench);
std::string ProgramTables(const Json& programs);

// What the scattered layout costs: against a test build whose kernel and program lie at fixed places, side by side.
Json CompareLayouts(const Install& install, Arch arch, int runs, const std::string& build);
std::string LayoutTables(const Json& layouts);

void Progress(std::string_view what);  // on a terminal only

}  // namespace caponier::tool::bench
