// `caponier bench heap`: libcaponier-heap beside other allocators on workloads of its own and on real programs, in one run, in turn. No
// peer is needed and no real program: each is preloaded or run if it is there, and named as absent if not.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tool/bench/heap_run.h"
#include "tool/bench/named_library.h"

namespace caponier::tool::bench {

using Json = nlohmann::ordered_json;

// Where the library of an allocator lies that can be preloaded into programs of this host: caponier, jemalloc, mimalloc, tcmalloc, scudo.
// `build` is the directory of the host's build.
struct PreloadedHeap {
  std::string library;  // empty when it is not there
  std::string absent;   // why
};
PreloadedHeap FindPreloadedHeap(std::string_view name, const std::string& build);
// Clang's scudo for an architecture, as it names it.
std::string ScudoLibrary(std::string_view arch);

// The C library's own first, to which the others are compared, then ours, and `others` last. `build` is the directory of the host's build.
std::vector<HeapPeer> FindHeapPeers(const std::string& build, std::span<const NamedLibrary> others);
// Ours and real programs. `source` is the folder of this project, a file of which is compiled.
std::vector<HeapWork> FindHeapWorks(const std::string& source);

// Each workload over each peer, `turns` times. Throws Failure when one that is there does not do its work.
Json CompareHeaps(std::span<const HeapPeer> peers, std::span<const HeapWork> works, int turns);
std::string HeapTables(const Json& result);
// Draws time and peak memory, a group of bars for each workload. SVG, or PNG by the file's name. Throws Failure when gnuplot cannot.
void PlotHeaps(const Json& result, const std::string& file);

}  // namespace caponier::tool::bench
