// What `caponier audit` was asked for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tool/arch.h"
#include "tool/audit/page_tables.h"
#include "tool/order/kernel_order.h"
#include "tool/print_text.h"

namespace caponier::tool::audit {

// `caponier audit tables`
struct TablesOptions {
  std::vector<Arch> architectures;
  std::string wx;
  order::KernelOrder kernel_order = order::KernelOrder::kRandom;
  u64 calls = 10'000;
  bool addresses = false;
  std::optional<std::string> json;
};

// `caponier audit dump`
struct DumpOptions {
  Arch arch = kHostArch;
  std::string file;
  std::vector<std::string> registers;  // NAME=VALUE
  std::optional<std::string> kernel;   // its ELF file, for the names of regions
  bool addresses = false;
  std::optional<std::string> json;
};

// `caponier audit layout`
struct LayoutOptions {
  std::vector<Arch> architectures;
  int plans_log2 = 24;
  u64 calls = 10'000, boots = 32, processes = 4096;
  std::string layout;
  std::string moved;  // a region that is judged as if it stood elsewhere
  std::optional<std::string> json, output;
};

// `caponier audit heap`
struct HeapOptions {
  int runs = 10;
  std::vector<std::string> allocators;  // empty: all
  std::vector<std::string> libraries;   // NAME=FILE: others to look at, besides
  std::string cases;                    // what their names have in them
  std::optional<std::string> json, output;
};

using Options = std::variant<LayoutOptions, TablesOptions, DumpOptions, HeapOptions>;

// The words after `caponier audit`. Throws Failure(125) with one line.
std::variant<Options, PrintText> ParseOptions(std::span<const std::string> words);

// The exit status: 1 when something that must hold does not.
int Run(const Options& options);

}  // namespace caponier::tool::audit
