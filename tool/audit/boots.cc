#include "tool/audit/boots.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>

#include "tool/audit/watched_machine.h"
#include "tool/entropy/gamma.h"
#include "tool/failure.h"

namespace caponier::tool::audit {
namespace {

// Places in physical memory, of the image and of the first frames that are handed out: the 64 MiB of the machines have 2^14, less the archive's. They
// are judged as addresses are, a bit below that.
constexpr int kMemoryBits = 13;
constexpr std::string_view kImageInMemory = "kernel image, in memory";

// Keeps the series as long as each other: what is not in every layout is left out at the end.
class Collector {
 public:
  void Add(const std::vector<Place>& places) {
    std::set<std::string> seen;
    for (const Place& place : places) {
      if (!seen.insert(place.name).second) continue;
      auto at = std::ranges::find(series_, place.name, &Series::name);
      if (at == series_.end()) at = series_.insert(series_.end(), {.name = place.name, .places = {}});
      at->places.push_back(place.address >> kPageBits);
    }
    layouts_++;
  }
  std::vector<Series> Take() {
    std::erase_if(series_, [this](const Series& series) { return series.places.size() != layouts_; });
    return std::move(series_);
  }

 private:
  std::vector<Series> series_;
  size_t layouts_ = 0;
};

std::vector<Place> ParsePlaces(std::string_view text) {
  std::vector<Place> places;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (const std::optional<Place> place = ParsePlace(std::string(text.substr(0, end)))) places.push_back(*place);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return places;
}

// One process: its output up to its end. Its moments are let pass by an input of newlines.
std::string OutputOf(const std::string& program) {
  int input[2], output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) throw SystemFailure("no pipe", errno);
  UniqueFd input_read(input[0]), input_write(input[1]), output_read(output[0]), output_write(output[1]);
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, input_read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, output_write.get(), STDOUT_FILENO);
  std::string name = program;
  char* const arguments[] = {name.data(), nullptr};
  pid_t child = -1;
  const int error = posix_spawn(&child, program.c_str(), &streams, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&streams);
  if (error != 0) throw SystemFailure(program, error);
  output_write.Reset();
  if (write(input_write.get(), "\n", 1) != 1) throw SystemFailure("a process's input", errno);
  std::string text;
  std::array<char, 1024> buffer;
  for (ssize_t got; (got = read(output_read.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<size_t>(got));
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Failure(fmt::format("{} does not run on this host", program));
  return text;
}

Place InMemory(const Region& region, const Walk& walk) {
  const auto page = std::ranges::find(walk.mappings, region.begin, &Mapping::address);
  if (page == walk.mappings.end()) throw Failure(fmt::format("the {} is not mapped", region.name));
  return {region.name + std::string(kInMemory), page->physical % kGiB};  // memory begins at a multiple of that
}

// What no region is called would be moved nowhere, and nothing found.
void RequireNamed(const std::string& moved, const std::vector<Region>& regions, const std::vector<Place>& places) {
  std::set<std::string> names{std::string(kImageInMemory)};
  for (const Region& region : regions) names.insert(region.name);
  for (const Place& place : places) names.insert(place.name);
  if (!names.contains(moved)) throw Failure(fmt::format("--control {}: the regions are {}", moved, fmt::join(names, "; ")));
}

}  // namespace

Boots CollectBoots(const Install& install, Arch arch, const std::string& layout, const std::string& moved, u64 boots) {
  Collector collector;
  Foretold all;
  std::optional<Halves> halves;
  std::mt19937_64 random(std::random_device{}());
  for (u64 i = 0; i < boots; i++) {
    WatchedMachine machine(install, {.arch = arch, .wx = {}, .layout = layout, .calls = 0, .foretell = true});
    if (!machine.Next().has_value()) throw Failure("the audited program ended before its first moment");
    std::vector<Place> places = machine.places();
    const Finding finding = machine.Look();
    if (i == 0 && !moved.empty()) RequireNamed(moved, finding.regions, places);
    const Foretold foretold = machine.HoldAgainst(finding, moved);
    all.right += foretold.right;
    all.wrong.insert(all.wrong.end(), foretold.wrong.begin(), foretold.wrong.end());
    // Of several of one name any one, not the lowest, which would be low more often.
    std::vector<Region> regions = finding.regions;
    std::ranges::shuffle(regions, random);
    for (const Region& region : regions) {
      places.push_back({region.name, region.begin});
      if (region.name == "kernel image" || region.name == "boot stack") places.push_back(InMemory(region, finding.walk));
    }
    if (const std::optional<u64> drawn = machine.drawn_place(); drawn.has_value()) {
      const auto image = std::ranges::find(places, kImageInMemory, &Place::name);
      const u64 wanted = *drawn % kGiB + (moved == kImageInMemory ? kPageSize : 0);
      if (image != places.end() && image->address == wanted) {
        all.right++;
      } else {
        all.wrong.emplace_back(kImageInMemory);
      }
    }
    collector.Add(places);
    halves = machine.halves();
  }
  return {collector.Take(), halves.value_or(HalvesOf(arch, 4)), std::move(all)};
}

std::vector<Series> CollectProcesses(const Install& install, u64 processes) {
  const std::string program = install.GuestProgram(kHostArch, "probes/layout_audit");
  Collector collector;
  for (u64 i = 0; i < processes; i++) collector.Add(ParsePlaces(OutputOf(program)));
  return collector.Take();
}

std::vector<BootMeasure> MeasureBoots(const std::vector<Series>& series) {
  std::vector<BootMeasure> measures;
  for (const Series& own : series) {
    BootMeasure measure{.name = own.name, .collisions = CountCollisions(own.places), .changed_bits = ChangedBits(own.places)};
    for (const Series& other : series) {
      if (&other == &own) continue;
      const Collisions given = CountCollisions(Differences(own.places, other.places, 64));
      if (given.pairs <= measure.least.pairs && measure.least.samples != 0) continue;
      measure.least = given;
      measure.given = given.pairs == 0 ? "any other" : other.name;
    }
    measures.push_back(std::move(measure));
  }
  return measures;
}

std::vector<std::string> BootFailures(const std::vector<BootMeasure>& measures, int address_bits) {
  constexpr double kLeastP = 1e-4;
  const double tests = static_cast<double>(measures.size() * measures.size());
  std::vector<std::string> words;
  const auto check = [&](const Collisions& found, int bits, const std::string& what) {
    const double samples = static_cast<double>(found.samples), mean = std::ldexp(samples * (samples - 1) / 2, -bits);
    // That Poisson's variable reaches `pairs`: what chi-square of 2 pairs leaves below twice the mean.
    const double p = found.pairs == 0 ? 1 : 1 - entropy::ChiSquareTail(2 * mean, 2 * static_cast<double>(found.pairs));
    if (p * tests < kLeastP)
      words.push_back(fmt::format("{}: {} pairs of {} layouts are equal", what, found.pairs, found.samples));
  };
  for (const BootMeasure& measure : measures) {
    const int bits = measure.name.ends_with(kInMemory) ? kMemoryBits : address_bits;
    check(measure.collisions, bits, measure.name);
    check(measure.least, bits, fmt::format("{} given {}", measure.name, measure.given));
  }
  return words;
}

}  // namespace caponier::tool::audit
