#include "tool/entropy/entropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "tool/entropy/assess.h"
#include "tool/entropy/report.h"
#include "tool/failure.h"

namespace caponier::tool::entropy {
namespace {

// As few bits as the greatest sample needs, when none were given.
Samples Read(const std::string& file, const std::optional<unsigned>& bits) {
  Samples samples = ReadSamples(file, bits.value_or(8));
  if (!bits.has_value()) samples.bits = std::max(1u, samples.narrowest_bits);
  return samples;
}

int Do(const AssessOptions& options) {
  const Samples samples = Read(options.file, options.bits);
  if (samples.alphabet < 2) {
    throw Failure(fmt::format("{}: every sample is {}: no entropy", options.file, samples.greatest));
  }
  if (samples.raw.size() < kWantedSamples) {
    Say(fmt::format("{}: {} samples, fewer than the {} that SP 800-90B asks for", options.file, samples.raw.size(),
                    kWantedSamples));
  }
  const DataKind kind = options.track == AssessOptions::Track::kConditioned ? DataKind::kConditioned : DataKind::kRaw;
  const Assessment assessment = AssessNonIid(samples, kind);
  std::fputs(AssessmentText(options.file, samples, assessment).c_str(), stdout);
  if (options.json.has_value()) WriteJson(*options.json, AssessmentJson(options.file, samples, assessment));
  return 0;
}

int Do(const ConditioningOptions&) { return 0; }
int Do(const PlotOptions&) { return 0; }

}  // namespace

int Run(const Options& options) {
  return std::visit([](const auto& chosen) { return Do(chosen); }, options);
}

}  // namespace caponier::tool::entropy
