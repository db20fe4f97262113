// What the tool asked for: the records of lib/link's configuration, checked. Text points into the archive's entry.
#pragma once

#include <string_view>

#include "kernel/mm/address_space.h"
#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "lib/base/vector.h"

namespace caponier::loader {

struct Config {
  std::string_view executable;  // absolute path in the machine
  Vector<std::string_view> arguments, environment;
  std::string_view working_directory = "/", hostname = "caponier";
  u64 epoch_ns = 0;
  u32 terminals = 0;  // bit n: descriptor n is a terminal
  u16 rows = 24, columns = 80;
  bool trace = false, report = false;
  mm::Policy memory;
  std::string_view tagging = "sync";
  bool record_kernel_heap = false;
  MutableBytes seed;  // hexadecimal text, mixed in as it is and erased
  bool seed_file = false;
  std::string_view collect_source;  // not empty: raw samples of it are wanted, and no program
  u64 collect_count = 0;
};

// kMalformed with one line for a record that is not understood.
Result<Config> ParseConfig(MutableBytes records, Diagnostics& diagnostics);

}  // namespace caponier::loader
