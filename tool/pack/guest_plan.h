// From what the user asked for to what the machine gets: which program, with which arguments and environment, and which files.
#pragma once

#include <string>
#include <vector>

#include "tool/pack/file_set.h"
#include "tool/run_options.h"

namespace caponier::tool {

struct GuestPlan {
  Arch arch = kHostArch;
  bool moves_itself = false;           // as ElfFacts has it
  std::string exe;                     // in the machine, free of links
  std::vector<std::string> arguments;  // argv[0] first
  std::vector<std::string> environment;
  std::string workdir;
  FileSet files;
  std::string interpreter;           // as the program names it; empty for a static one
  std::vector<std::string> objects;  // on the host: the program, its interpreter, its libraries; the latter not with --root
};

// The caller's surroundings, passed in so that tests can make them up.
struct Surroundings {
  std::string directory;                 // absolute
  std::vector<std::string> environment;  // "K=V"
  std::optional<std::string> Variable(std::string_view name) const;
};
Surroundings CurrentSurroundings();

// `options.program` is not empty. Throws Failure with 126 and 127 for the program, 125 for everything else.
GuestPlan PlanGuest(const RunOptions& options, const Surroundings& here);

// Adds what every plan has, to one whose program and arguments are there: the usual files and the environment.
void FinishBarePlan(GuestPlan& plan, const RunOptions& options, const Surroundings& here);

}  // namespace caponier::tool
