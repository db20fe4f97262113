// `caponier audit heap`: which misuses of the corpus in hosted/heap/misuse each allocator catches, in how many runs of how many, as text, JSON
// and one page.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tool/audit/options.h"

namespace caponier::tool::audit {

enum class Promise : u8 { kNone, kTags, kAlways };  // with whom libcaponier-heap is to catch it in every run

struct MisuseCase {
  std::string name, family;
  Promise promise = Promise::kNone;
};

struct Allocator {
  std::string name;
  std::vector<std::string> command;  // runs the corpus over it; a case's name follows
  bool ours = false, tags = false;
  std::string absent = {};  // why it cannot be looked at; empty when it can
};

// How one run ended. One that hangs is stopped by its own alarm; that is no detection, and it is not run again.
enum class End : u8 { kPassed, kCaught, kFailed, kHung };

struct Detection {
  int runs = 0, caught = 0;
  bool hung = false;
  int twins_failed = 0;    // of as many runs; a catch counts only when it is 0
  std::string words = {};  // what was said of it first
  bool certain() const { return twins_failed == 0 && caught == runs; }
  bool sometimes() const { return twins_failed == 0 && caught > 0 && caught < runs; }
};

struct MatrixColumn {
  Allocator allocator;
  std::vector<Detection> detections;  // of each case
};

std::vector<std::string> FamiliesOf(std::span<const MisuseCase> cases);  // each once, in their order

// Throws Failure when the program says nothing of that form.
std::vector<MisuseCase> ListCases(const std::string& program);
// Every allocator that may be there. `build` is the directory of all builds, `sysroot` that of Debian's packages for AArch64.
std::vector<Allocator> FindAllocators(const std::string& build, const std::string& sysroot);
// The one in a library, given as NAME=FILE.
Allocator AllocatorIn(const std::string& build, const std::string& words);

End RunCase(const Allocator& allocator, const std::string& name, bool valid, std::string& words);
MatrixColumn Measure(const Allocator& allocator, std::span<const MisuseCase> cases, int runs);

// What ours must catch and does not, and the twins that it fails.
std::vector<std::string> MatrixFailures(std::span<const MisuseCase> cases, const MatrixColumn& column);
std::string MatrixText(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns);
nlohmann::ordered_json MatrixJson(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns);
std::string MatrixPage(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns);

int AuditHeap(const HeapOptions& options);

}  // namespace caponier::tool::audit
