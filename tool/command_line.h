// The words after `caponier`.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "tool/audit/options.h"
#include "tool/bench/options.h"
#include "tool/entropy/options.h"
#include "tool/print_text.h"
#include "tool/run_options.h"

namespace caponier::tool {

struct CheckOptions {
  std::optional<Arch> arch;
  std::optional<std::string> sysroot;
  bool strict = false, verbose = false;
  std::string program;
};

using Command = std::variant<RunOptions, CheckOptions, BenchOptions, entropy::Options, audit::Options, PrintText>;

// Throws Failure(125) with one line for words that make no command. Options end at PROGRAM or at "--": what follows is the
// program's own.
Command ParseCommandLine(std::span<const std::string> words);

inline constexpr char kVersion[] = "0.1.0";

}  // namespace caponier::tool
