#include "tool/entropy/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "tool/failure.h"
#include "tool/json_text.h"

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

namespace {

const char* Verdict(bool passed) { return passed ? "passed" : "FAILED"; }

Json JsonOf(const ChiSquare& test) {
  return {{"score", test.score}, {"degrees_of_freedom", test.freedom}, {"p_value", test.p_value}, {"passed", test.passed()}};
}

Json JsonOf(const Estimates& estimates) {
  Json json = Json::object();
  for (size_t i = 0; i < kEstimators; i++) json[std::string(kEstimatorNames[i].key)] = JsonNumber(estimates.of[i]);
  return json;
}

}  // namespace

std::string IidText(const std::string& file, const Samples& samples, const IidAssessment& a) {
  std::string out = SamplesText(file, samples);
  out += fmt::format("H_original = {:.6f}\n", a.h_original);
  if (a.h_bitstring.has_value()) {
    out += fmt::format("H_bitstring = {:.6f}\nmin(H_original, {} x H_bitstring) = {:.6f}\n", *a.h_bitstring, samples.bits,
                       a.h_assessed);
  }
  const auto chi_square = [&](const char* name, const ChiSquare& test) {
    out += fmt::format("{:<30}{}  score {:.6f}, {} degrees of freedom, p-value {:.6f}\n", name, Verdict(test.passed()),
                       test.score, test.freedom, test.p_value);
  };
  chi_square("Chi-square, independence", a.independence);
  chi_square("Chi-square, goodness of fit", a.goodness_of_fit);
  out += fmt::format("{:<30}{}  length {}, Pr(X >= 1) {:.6f}\n", "Longest repeated substring", Verdict(a.longest_repeat.passed),
                     a.longest_repeat.length, a.longest_repeat.probability);
  out += fmt::format("{:<30}{}\n", "Permutations", Verdict(a.permutations.passed));
  out += fmt::format("  {:<26}{:>20}{:>9}{:>9}{:>9}\n", "statistic", "of the data", "greater", "equal", "less");
  for (size_t i = 0; i < kStatistics; i++) {
    const PermutationRank& rank = a.permutations.ranks[i];
    if (rank.judged) {
      out += fmt::format("  {:<26}{:>20.6f}{:>9}{:>9}{:>9}{}\n", kStatisticNames[i], rank.value, rank.greater, rank.equal,
                         rank.less, rank.decided() ? "" : "  FAILED");
    } else {
      out += fmt::format("  {:<26}{:>20.6f}  not compared, since another failed\n", kStatisticNames[i], rank.value);
    }
  }
  return out + (a.passed() ? "The samples may be called IID.\n" : "The samples are NOT IID.\n");
}

Json IidJson(const std::string& file, const Samples& samples, const IidAssessment& a) {
  Json json = SamplesJson(file, samples);
  json["h_original"] = a.h_original;
  json["h_bitstring"] = JsonNumber(a.h_bitstring);
  json["h_assessed"] = a.h_assessed;
  json["chi_square_independence"] = JsonOf(a.independence);
  json["chi_square_goodness_of_fit"] = JsonOf(a.goodness_of_fit);
  json["longest_repeated_substring"] = {{"length", a.longest_repeat.length},
                                        {"collision_probability", a.longest_repeat.collision},
                                        {"probability", a.longest_repeat.probability},
                                        {"passed", a.longest_repeat.passed}};
  Json statistics = Json::array();
  for (size_t i = 0; i < kStatistics; i++) {
    const PermutationRank& rank = a.permutations.ranks[i];
    Json entry = {{"name", kStatisticNames[i]}, {"value", rank.value}, {"compared", rank.judged}};
    if (rank.judged)
      entry.update({{"greater", rank.greater}, {"equal", rank.equal}, {"less", rank.less}, {"passed", rank.decided()}});
    statistics.push_back(std::move(entry));
  }
  json["permutations"] = {{"statistics", std::move(statistics)}, {"passed", a.permutations.passed}};
  json["iid"] = a.passed();
  return json;
}

std::string RestartText(const std::string& file, const Samples& samples, double initial, const RestartAssessment& a) {
  std::string out = SamplesText(file, samples);
  out += fmt::format("Most of one sample in a row {}, in a column {}; at most {} for {:.6f} bits: {}\n", a.most_in_row,
                     a.most_in_column, a.cutoff, initial, Verdict(a.sane));
  if (!a.sane) return out + "The restarts FAILED the sanity check: no entropy.\n";
  out += fmt::format(fmt::runtime(kRow), "min-entropy of a sample, bits", "", "by rows", "by columns");
  for (size_t i = 0; i < kEstimators; i++) {
    out += fmt::format(fmt::runtime(kRow), kEstimatorNames[i].name, kEstimatorNames[i].section, Number(a.rows.of[i]),
                       Number(a.columns.of[i]));
  }
  out += fmt::format("H_r = {:.6f}\nH_c = {:.6f}\nH_I = {:.6f}\n", a.h_rows, a.h_columns, initial);
  if (!a.valid) return out + "min(H_r, H_c) < H_I / 2: the restarts FAILED validation, no entropy.\n";
  return out + fmt::format("min(H_r, H_c, H_I) = {:.6f}\n", a.h_assessed);
}

Json RestartJson(const std::string& file, const Samples& samples, double initial, const RestartAssessment& a) {
  Json json = SamplesJson(file, samples);
  json["h_initial"] = initial;
  json["cutoff"] = a.cutoff;
  json["most_in_row"] = a.most_in_row;
  json["most_in_column"] = a.most_in_column;
  json["sanity_check_passed"] = a.sane;
  if (a.sane) {
    json["rows"] = JsonOf(a.rows);
    json["columns"] = JsonOf(a.columns);
    json["h_r"] = a.h_rows;
    json["h_c"] = a.h_columns;
  }
  json["validation_passed"] = a.valid;
  json["h_assessed"] = a.h_assessed;
  return json;
}

std::string ConditioningText(const Conditioning& c, const ConditionedEntropy& entropy) {
  std::string out = fmt::format("n_in = {}\nn_out = {}\nnw = {}\nh_in = {:.6f}\n", c.input_bits, c.output_bits, c.narrowest_bits,
                                c.input_entropy);
  if (c.bit_entropy.has_value()) out += fmt::format("h' = {:.6f}\n", *c.bit_entropy);
  out += fmt::format("Output_Entropy = {:.6f}\nh_out = {:.6f}\n", entropy.output_entropy, entropy.h_out);
  if (entropy.full_entropy) out += "Full entropy, for a component of that security strength: h_in >= n_out + 64\n";
  return out;
}

Json ConditioningJson(const Conditioning& c, const ConditionedEntropy& entropy) {
  return {{"n_in", c.input_bits},
          {"n_out", c.output_bits},
          {"nw", c.narrowest_bits},
          {"h_in", c.input_entropy},
          {"vetted", !c.bit_entropy.has_value()},
          {"bit_entropy", JsonNumber(c.bit_entropy)},
          {"output_entropy", static_cast<double>(entropy.output_entropy)},
          {"h_out", static_cast<double>(entropy.h_out)},
          {"full_entropy", entropy.full_entropy}};
}

void WriteFile(const std::string& path, std::string_view text) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "we"),
                                                   [](FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0) {
    throw SystemFailure(path, errno);
  }
}

void WriteJson(const std::string& path, const Json& json) { WriteFile(path, JsonText(json)); }

}  // namespace caponier::tool::entropy
