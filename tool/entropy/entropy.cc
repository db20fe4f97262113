#include "tool/entropy/entropy.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "tool/entropy/assess.h"
#include "tool/entropy/plot.h"
#include "tool/entropy/report.h"
#include "tool/entropy/simulate/simulate.h"
#include "tool/failure.h"

namespace caponier::tool::entropy {
namespace {

// As few bits as the greatest sample needs, when none were given.
Samples Read(const std::string& file, const std::optional<unsigned>& bits) {
  Samples samples = ReadSamples(file, bits.value_or(8));
  if (!bits.has_value()) samples.bits = std::max(1u, samples.narrowest_bits);
  return samples;
}

u64 RandomSeed() {
  u64 seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) throw SystemFailure("getrandom", errno);
  return seed;
}

// A line that is written over, on a terminal only.
class Progress {
 public:
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  void Show(u32 done) {
    if (!terminal_) return;
    shown_ = true;
    fmt::print(stderr, "\rcaponier: {} of {} permutations", done, kPermutations);
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
};

void Print(const std::string& text, const std::optional<std::string>& json_file, const nlohmann::ordered_json& json) {
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) throw SystemFailure("standard output", errno);
  if (json_file.has_value()) WriteJson(*json_file, json);
}

int Do(const AssessOptions& options) {
  using Track = AssessOptions::Track;
  const std::string& file = options.file;
  const Samples samples = Read(file, options.bits);
  if (samples.alphabet < 2) throw Failure(fmt::format("{}: every sample is {}: no entropy", file, samples.greatest));
  if (samples.raw.size() < kWantedSamples && options.track != Track::kRestart && options.track != Track::kRestartIid) {
    Say(fmt::format("{}: {} samples, fewer than the {} that SP 800-90B asks for", file, samples.raw.size(), kWantedSamples));
  }
  if (options.track == Track::kIid) {
    const u64 seed = options.seed.has_value() ? *options.seed : RandomSeed();
    const IidAssessment assessment = [&] {
      Progress progress;
      return AssessIid(samples, seed, kPermutations, [&](u32 done) { progress.Show(done); });
    }();
    Print(IidText(file, samples, assessment), options.json, IidJson(file, samples, assessment));
    return assessment.passed() ? 0 : 1;
  }
  if (options.track == Track::kRestart || options.track == Track::kRestartIid) {
    if (*options.initial > samples.bits) {
      throw Failure(fmt::format("--initial {}: more than the {} bits of a sample", *options.initial, samples.bits));
    }
    const RestartAssessment assessment =
        AssessRestarts(samples, *options.initial, options.track == Track::kRestartIid ? Claim::kIid : Claim::kNonIid, file);
    Print(RestartText(file, samples, *options.initial, assessment), options.json,
          RestartJson(file, samples, *options.initial, assessment));
    return assessment.valid ? 0 : 1;
  }
  const Assessment assessment =
      AssessNonIid(samples, options.track == Track::kConditioned ? DataKind::kConditioned : DataKind::kRaw);
  Print(AssessmentText(file, samples, assessment), options.json, AssessmentJson(file, samples, assessment));
  return 0;
}

int Do(const ConditioningOptions& options) {
  const ConditionedEntropy entropy = Condition(options.component);
  Print(ConditioningText(options.component, entropy), options.json, ConditioningJson(options.component, entropy));
  return 0;
}

int Do(const PlotOptions& options) {
  WriteFile(options.output, PlotPage(Read(options.file, options.bits), options.file));
  return 0;
}

int Do(const CollectOptions& options) {
  Collect(options);
  return 0;
}

int Do(const SimulateOptions& options) {
  using What = SimulateOptions::What;
  const Simulation simulation = options.what == What::kRecovery  ? SimulateRecoveryClaims()
                                : options.what == What::kLattice ? SimulateLatticeClaims(options.runs)
                                                                 : SimulateLatencyClaims(options.runs);
  Print(simulation.text, options.json, simulation.json);
  if (options.output.has_value()) WriteFile(*options.output, simulation.page);
  return simulation.holds ? 0 : 1;
}

}  // namespace

int Run(const Options& options) {
  return std::visit([](const auto& chosen) { return Do(chosen); }, options);
}

}  // namespace caponier::tool::entropy
