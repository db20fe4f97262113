// What `caponier entropy` was asked for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>

#include "lib/base/types.h"
#include "tool/entropy/collect.h"
#include "tool/entropy/conditioning.h"
#include "tool/print_text.h"

namespace caponier::tool::entropy {

// `caponier entropy assess`
struct AssessOptions {
  enum class Track {
    kNonIid,       // the ten estimators
    kIid,          // the tests of the IID claim, and the most common value estimate
    kConditioned,  // the ten estimators on the bits only: the output of a conditioning component
    kRestart,      // 1000 restarts of 1000 samples
    kRestartIid,   // the same, of a source that is claimed to be IID
  };
  Track track = Track::kNonIid;
  std::string file;
  std::optional<unsigned> bits;   // a symbol; empty: as few as the greatest one needs
  std::optional<double> initial;  // H_I, for restarts
  std::optional<std::string> json;
  std::optional<u64> seed;  // of the permutations; empty: from the system
};

// `caponier entropy conditioning`
struct ConditioningOptions {
  Conditioning component{};
  std::optional<std::string> json;
};

// `caponier entropy plot`
struct PlotOptions {
  std::string file, output;
  std::optional<unsigned> bits;
};

// `caponier entropy simulate`
struct SimulateOptions {
  enum class What { kRecovery, kLattice, kLatency };
  What what = What::kRecovery;
  u64 runs = 10;  // boots of each subset, runs of each fault
  std::optional<std::string> json, output;
};

using Options = std::variant<CollectOptions, AssessOptions, ConditioningOptions, PlotOptions, SimulateOptions>;

// The words after `caponier entropy`. Throws Failure(125) with one line.
std::variant<Options, PrintText> ParseOptions(std::span<const std::string> words);

}  // namespace caponier::tool::entropy
