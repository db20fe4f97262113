#include "tool/entropy/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "tool/failure.h"

namespace caponier::tool::entropy {
namespace {

using Json = nlohmann::ordered_json;

std::string Number(const std::optional<double>& value) { return value.has_value() ? fmt::format("{:.6f}", *value) : "-"; }
Json JsonNumber(const std::optional<double>& value) { return value.has_value() ? Json(*value) : Json(nullptr); }

std::string Plural(u64 count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

std::string SamplesText(const std::string& file, const Samples& samples) {
  return fmt::format("{}: {} of {}, {} different\n", Printable(file), Plural(samples.raw.size(), "sample"),
                     Plural(samples.bits, "bit"), samples.alphabet);
}

Json SamplesJson(const std::string& file, const Samples& samples) {
  return {{"file", file},
          {"samples", samples.raw.size()},
          {"bits_per_sample", samples.bits},
          {"different_samples", samples.alphabet},
          {"enough_samples", samples.raw.size() >= kWantedSamples}};
}

constexpr char kRow[] = "{:<30}{:<8}{:>14}{:>14}\n";

}  // namespace

std::string AssessmentText(const std::string& file, const Samples& samples, const Assessment& assessment) {
  std::string out = SamplesText(file, samples);
  out += fmt::format(fmt::runtime(kRow), "min-entropy, in bits", "", "of a sample", "of a bit");
  for (size_t i = 0; i < kEstimators; i++) {
    out += fmt::format(fmt::runtime(kRow), kEstimatorNames[i].name, kEstimatorNames[i].section, Number(assessment.symbols.of[i]),
                       Number(assessment.bits.of[i]));
  }
  if (!assessment.h_original.has_value()) return out + fmt::format("h' = {}\n", Number(assessment.h_bitstring));
  out += fmt::format("H_original = {}\n", Number(assessment.h_original));
  if (assessment.h_bitstring.has_value()) {
    out += fmt::format("H_bitstring = {}\nmin(H_original, {} x H_bitstring) = {}\n", Number(assessment.h_bitstring), samples.bits,
                       Number(assessment.h_assessed));
  }
  return out;
}

Json AssessmentJson(const std::string& file, const Samples& samples, const Assessment& assessment) {
  Json json = SamplesJson(file, samples);
  Json estimators = Json::array();
  for (size_t i = 0; i < kEstimators; i++) {
    estimators.push_back({{"name", kEstimatorNames[i].key},
                          {"section", kEstimatorNames[i].section},
                          {"h_original", JsonNumber(assessment.symbols.of[i])},
                          {"h_bitstring", JsonNumber(assessment.bits.of[i])}});
  }
  json["estimators"] = std::move(estimators);
  json["h_original"] = JsonNumber(assessment.h_original);
  json["h_bitstring"] = JsonNumber(assessment.h_bitstring);
  json["h_assessed"] = assessment.h_assessed;
  return json;
}

void WriteFile(const std::string& path, std::string_view text) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "we"),
                                                   [](FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0) {
    throw SystemFailure(path, errno);
  }
}

void WriteJson(const std::string& path, const Json& json) { WriteFile(path, json.dump(2) + "\n"); }

}  // namespace caponier::tool::entropy
