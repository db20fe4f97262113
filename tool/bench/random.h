// `caponier bench random`: libcaponier-random beside its peers, in one run, in turn. No peer is needed: each is loaded if it is there, and
// named as absent if not.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::bench {

using Json = nlohmann::ordered_json;

// Fills a buffer; false when the generator refuses.
using Fill = std::function<bool(std::byte* buffer, size_t bytes)>;

struct RandomPeer {
  std::string name;
  std::string absent;               // why it cannot be measured; empty when it can
  std::function<Fill()> make = {};  // for one thread
};

// Ours first, from the library at `ours`.
std::vector<RandomPeer> LoadRandomPeers(const std::string& ours);

struct RandomPlan {
  std::vector<size_t> sizes{4, 16, 32, 256, 4096, 16384, 1 << 20};
  std::vector<int> threads{1, 2};
  int turns = 5;
  double seconds = 0.01;  // each measurement
};

// Every size with every number of threads: in each turn each peer is measured once, one after the other. Throws Failure when one
// that is there refuses to fill.
Json CompareRandom(std::span<const RandomPeer> peers, const RandomPlan& plan);
std::string RandomTables(const Json& result);
// Draws the throughput of one thread over the request's size. SVG, or PNG by the file's name. Throws Failure when gnuplot cannot.
void PlotRandom(const Json& result, const std::string& file);

}  // namespace caponier::tool::bench
