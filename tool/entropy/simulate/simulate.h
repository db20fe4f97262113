// `caponier entropy simulate`: what is claimed of the generator, its health tests and its sources, tried out in numbers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

struct Simulation {
  std::string text;  // a table
  nlohmann::ordered_json json;
  std::string page;  // HTML
  bool holds;        // every claim that the table is about
};

// How soon a state that was read is worth nothing: Fortuna's pools alone, and with the hedge.
Simulation SimulateRecoveryClaims();
// Every subset of honest sources against the others, in so many boots each.
Simulation SimulateLatticeClaims(u64 boots);
// How soon each health test notices each fault, in so many runs each.
Simulation SimulateLatencyClaims(u64 runs);

}  // namespace caponier::tool::entropy
