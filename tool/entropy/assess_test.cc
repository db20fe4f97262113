// From files to reports.
#include "tool/entropy/assess.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tool/entropy/conditioning.h"
#include "tool/entropy/entropy.h"
#include "tool/entropy/noise_for_test.h"
#include "tool/entropy/options.h"
#include "tool/entropy/restart.h"
#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool::entropy {
namespace {

using testing::HasSubstr;

std::string Text(const std::vector<u8>& bytes) { return {bytes.begin(), bytes.end()}; }

template <typename F>
std::string LineOf(const F& f) {
  try {
    f();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), kStatusFailed);
    EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos);
    return failure.what();
  }
  return "accepted";
}

TEST(Samples, RefusesWhatCannotBeAssessed) {
  const TempDir dir;
  const auto line = [&](const std::string& file, unsigned bits) { return LineOf([&] { ReadSamples(file, bits); }); };
  EXPECT_EQ(line(dir / "absent", 8), dir / "absent" + ": No such file or directory");
  EXPECT_EQ(line(dir.path(), 8), dir.path() + ": a directory, not a file of samples");
  EXPECT_EQ(line(dir.Write("empty", ""), 8), dir / "empty" + ": empty");
  EXPECT_EQ(line(dir.Write("one", "x"), 8), dir / "one" + ": too short: 1 samples, and fewer than 1000 cannot be assessed");
  EXPECT_THAT(line(dir.Write("short", Text(UniformForTest(256, 999))), 8), HasSubstr("999 samples"));
  EXPECT_EQ(line(dir.Write("enough", Text(UniformForTest(256, 1000))), 8), "accepted");
  std::vector<u8> wide = UniformForTest(16, 2000);
  wide[1234] = 16;
  EXPECT_EQ(line(dir.Write("wide", Text(wide)), 4),
            dir / "wide" + ": the sample at byte 1234 is 16, which does not fit into 4 bits");
  EXPECT_EQ(line(dir / "wide", 5), "accepted");
  const std::string huge = dir.Write("huge", "");
  std::filesystem::resize_file(huge, kMostBits / 8 + 1);
  EXPECT_THAT(line(huge, 8), HasSubstr("too long: more than 8000000 samples of 8 bits"));
  std::filesystem::resize_file(huge, u64{1} << 40);
  EXPECT_THAT(line(huge, 1), HasSubstr("too long: more than 64000000 samples of 1 bit,"));
}

TEST(Samples, NumbersSymbolsWithoutGaps) {
  const std::vector<u8> raw = RenamedForTest(UniformForTest(3, 1000), {5, 77, 200});
  const Samples samples = MakeSamples(raw, 8, "x");
  EXPECT_EQ(samples.alphabet, 3u);
  EXPECT_EQ(samples.greatest, 200);
  EXPECT_EQ(samples.narrowest_bits, 8u);
  EXPECT_EQ(samples.symbols, UniformForTest(3, 1000));
  EXPECT_EQ(samples.raw, raw);
}

TEST(Assess, TwoSymbolsAreBitsWhateverTheirWidth) {
  const Assessment wide = AssessNonIid(MakeSamples(RenamedForTest(UniformForTest(2, 5000), {7, 200}), 8, "x"), DataKind::kRaw);
  const Assessment bits = AssessNonIid(MakeSamples(UniformForTest(2, 5000), 1, "x"), DataKind::kRaw);
  EXPECT_EQ(wide.symbols.of, bits.symbols.of);
  EXPECT_FALSE(wide.h_bitstring.has_value());
  EXPECT_EQ(wide.h_assessed, bits.h_assessed);
}

TEST(Assess, ConditionedDataAreBits) {
  const Assessment assessment = AssessNonIid(MakeSamples(UniformForTest(256, 5000), 8, "x"), DataKind::kConditioned);
  const Assessment raw = AssessNonIid(MakeSamples(UniformForTest(256, 5000), 8, "x"), DataKind::kRaw);
  EXPECT_EQ(assessment.bits.of, raw.bits.of);
  EXPECT_FALSE(assessment.h_original.has_value());
  EXPECT_EQ(assessment.h_assessed, 8 * *raw.h_bitstring);
}

TEST(Restart, CutoffIsTheQuantileOfTheWorstCase) {
  // Two even symbols: the most common one of 1000 draws comes more than x times when either does, by the binomial distribution.
  const auto exceeds = [](u32 x) {
    double p = 0;
    for (u32 i = x + 1; i <= 1000; i++)
      p += 2 * std::exp(std::lgamma(1001) - std::lgamma(i + 1) - std::lgamma(1001 - i) - 1000 * std::log(2));
    return p;
  };
  const double alpha = 1 - std::exp(std::log(0.99) / 2000);
  const u32 cutoff = RestartCutoff(1);
  EXPECT_LE(exceeds(cutoff), alpha);
  EXPECT_GT(exceeds(cutoff - 1), alpha);
  EXPECT_EQ(RestartCutoff(0), 1000u);
  EXPECT_EQ(RestartCutoff(0.9), 605u);  // as NIST's tool found by simulation
  // More entropy, fewer repetitions.
  for (double h = 0.5; h < 8; h += 1.5) EXPECT_GE(RestartCutoff(h), RestartCutoff(h + 1));
}

TEST(Restart, TellsGoodFromStuckRestarts) {
  const auto uniform = UniformForTest(16, 1000000);
  const RestartAssessment good = AssessRestarts(MakeSamples(uniform, 4, "x"), 3, Claim::kNonIid, "x");
  EXPECT_TRUE(good.sane && good.valid);
  EXPECT_EQ(good.h_assessed, std::min({good.h_rows, good.h_columns, 3.0}));
  // Each restart begins alike: a column of one symbol.
  auto alike = uniform;
  for (size_t row = 0; row < kRestarts; row++) alike[row * kRestartSamples + 17] = 3;
  const RestartAssessment stuck = AssessRestarts(MakeSamples(alike, 4, "x"), 3, Claim::kNonIid, "x");
  EXPECT_EQ(stuck.most_in_column, 1000u);
  EXPECT_FALSE(stuck.sane || stuck.valid);
  EXPECT_EQ(stuck.h_assessed, 0);
  EXPECT_EQ(LineOf([] { AssessRestarts(MakeSamples(UniformForTest(16, 2000), 4, "x"), 3, Claim::kNonIid, "x"); }),
            "x: 2000 samples, not 1000 restarts of 1000 samples each");
  EXPECT_EQ(LineOf([] { AssessRestarts(MakeSamples(UniformForTest(4, 1000000), 4, "x"), 3, Claim::kNonIid, "x"); }),
            "x: 4 different samples cannot have the 3 bits of --initial");
}

TEST(Restart, OfAnIidSourceIsItsMostCommonValue) {
  const Samples samples = MakeSamples(UniformForTest(16, 1000000), 4, "x");
  const RestartAssessment all = AssessRestarts(samples, 3, Claim::kNonIid, "x");
  const RestartAssessment iid = AssessRestarts(samples, 3, Claim::kIid, "x");
  const double most_common = *all.rows[Estimator::kMostCommonValue];
  EXPECT_EQ(iid.h_rows, most_common);
  EXPECT_EQ(iid.h_columns, most_common);  // the same symbols in another order
  EXPECT_LT(all.h_rows, most_common);
  EXPECT_TRUE(iid.sane && iid.valid);
  EXPECT_EQ(iid.rows[Estimator::kMarkov], std::nullopt);
}

TEST(Conditioning, IsThatOfNistsTool) {
  struct Case {
    u64 in, out, width;
    double entropy, expected;
  };
  // NIST's tool, version 1.1.8: ea_conditioning -v in out width entropy.
  for (const Case& c :
       {Case{512, 256, 256, 200, 199.9999999999999999861}, Case{512, 256, 128, 400, 128},
        Case{320, 256, 256, 320, 255.9999999936720594811}, Case{320, 256, 256, 256, 255},
        Case{256, 256, 256, 256, 251.689764568727055119}, Case{256, 256, 512, 255.5, 251.689764568727055119},
        Case{10000, 512, 512, 600, 512}, Case{64, 8, 8, 3.25, 3.202801599182191780472}, Case{8, 8, 8, 8, 5.885560194208201630593},
        Case{8, 16, 16, 7.5, 5.887905565683701519796}, Case{1, 1, 1, 0.5, 0}, Case{3, 2, 2, 1.7, 0.9840414858733295996699},
        Case{4096, 4096, 4096, 4000, 4000}, Case{2, 1, 1, 2, 0.1261438078769706802188}}) {
    const ConditionedEntropy entropy = Condition({c.in, c.out, c.width, c.entropy, std::nullopt});
    EXPECT_NEAR(static_cast<double>(entropy.h_out), c.expected, 1e-12)
        << c.in << " " << c.out << " " << c.width << " " << c.entropy;
  }
  EXPECT_NEAR(static_cast<double>(Condition({512, 256, 256, 300, 0.9}).h_out), 230.4, 1e-12);
  EXPECT_NEAR(static_cast<double>(Condition({512, 256, 256, 300, 1.0}).h_out), 0.999 * 256, 1e-12);  // never full
  EXPECT_TRUE(Condition({512, 256, 256, 320, std::nullopt}).full_entropy);
  EXPECT_FALSE(Condition({512, 256, 256, 319, std::nullopt}).full_entropy);
  EXPECT_FALSE(Condition({512, 256, 128, 400, std::nullopt}).full_entropy);
  EXPECT_FALSE(Condition({512, 256, 256, 320, 1.0}).full_entropy);
}

Options Parse(const std::vector<std::string>& words) { return std::get<Options>(ParseOptions(words)); }
std::string Refusal(const std::vector<std::string>& words) {
  return LineOf([&] { ParseOptions(words); });
}

TEST(EntropyOptions, TakesEachTrack) {
  using Track = AssessOptions::Track;
  const auto assess = [](const std::vector<std::string>& words) { return std::get<AssessOptions>(Parse(words)); };
  EXPECT_EQ(assess({"assess", "f", "--bits", "4"}).bits, 4u);
  EXPECT_EQ(assess({"assess", "--bits", "8", "f", "--json", "j"}).json, "j");
  EXPECT_EQ(assess({"assess", "f"}).track, Track::kNonIid);
  EXPECT_EQ(assess({"assess", "f", "--iid"}).track, Track::kIid);
  EXPECT_EQ(assess({"assess", "f", "--conditioned"}).track, Track::kConditioned);
  EXPECT_EQ(assess({"assess", "f", "--restart", "--initial", "2"}).track, Track::kRestart);
  EXPECT_EQ(assess({"assess", "f", "--restart", "--iid", "--initial", "2"}).track, Track::kRestartIid);
  EXPECT_EQ(assess({"assess", "f", "--restart", "--initial", "2.5"}).initial, 2.5);
  EXPECT_EQ(
      std::get<ConditioningOptions>(Parse({"conditioning", "--in", "512", "--out", "256", "--width", "128", "--entropy", "99"}))
          .component.narrowest_bits,
      128u);
  EXPECT_EQ(std::get<PlotOptions>(Parse({"plot", "f", "-o", "r.html"})).output, "r.html");
  EXPECT_THAT(std::get<PrintText>(ParseOptions(std::vector<std::string>{})).text, HasSubstr("assess FILE"));
  EXPECT_THAT(std::get<PrintText>(ParseOptions(std::vector<std::string>{"assess", "--help"})).text, HasSubstr("--iid"));
}

TEST(EntropyOptions, RefusesInOneLine) {
  EXPECT_EQ(Refusal({"dance"}), "unknown command entropy dance (see caponier entropy --help)");
  EXPECT_THAT(Refusal({"assess"}), HasSubstr("FILE is required"));
  EXPECT_THAT(Refusal({"assess", "f", "--bits", "9"}), HasSubstr("--bits"));
  EXPECT_THAT(Refusal({"assess", "f", "--bits", "0"}), HasSubstr("--bits"));
  EXPECT_THAT(Refusal({"assess", "f", "--bogus"}), HasSubstr("--bogus"));
  EXPECT_THAT(Refusal({"assess", "f", "g"}), HasSubstr("g"));
  EXPECT_EQ(Refusal({"assess", "f", "--iid", "--conditioned"}), "--conditioned goes with neither --iid nor --restart");
  EXPECT_EQ(Refusal({"assess", "f", "--conditioned", "--restart", "--initial", "1"}),
            "--conditioned goes with neither --iid nor --restart");
  EXPECT_EQ(Refusal({"assess", "f", "--restart"}), "--restart and --initial H need each other");
  EXPECT_EQ(Refusal({"assess", "f", "--initial", "1"}), "--restart and --initial H need each other");
  EXPECT_EQ(Refusal({"assess", "f", "--restart", "--initial", "nan"}), "--initial nan: not between 0 and 8 bits");
  const std::vector<std::string> conditioning{"conditioning", "--in", "16", "--out", "8", "--width", "8", "--entropy"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), conditioning.begin(), conditioning.end());
    return Refusal(more);
  };
  EXPECT_EQ(with({"17"}), "--entropy 17: not above 0 and at most the 16 bits that go in");
  EXPECT_EQ(with({"0"}), "--entropy 0: not above 0 and at most the 16 bits that go in");
  EXPECT_EQ(with({"9", "--bit-entropy", "1.5"}), "--bit-entropy 1.5: not above 0 and at most 1");
  EXPECT_THAT(Refusal({"plot", "f"}), HasSubstr("--output"));
}

std::string ReadFile(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

TEST(Entropy, PrintsSixDecimalsAndWritesJson) {
  const TempDir dir;
  const std::string file = dir.Write("noise", Text(UniformForTest(16, 20000)));
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(entropy::Run(Parse({"assess", file, "--bits", "4", "--json", dir / "out.json"})), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "caponier: " + file + ": 20000 samples, fewer than the 1000000 that SP 800-90B asks for\n");
  const auto json = nlohmann::json::parse(ReadFile(dir / "out.json"));
  const Assessment assessment = AssessNonIid(MakeSamples(UniformForTest(16, 20000), 4, "x"), DataKind::kRaw);
  EXPECT_THAT(text, HasSubstr("20000 samples of 4 bits, 16 different"));
  EXPECT_THAT(text, HasSubstr(fmt::format("LZ78Y prediction              6.3.10{:>16.6f}{:>14.6f}\n", *assessment.symbols.of[9],
                                          *assessment.bits.of[9])));
  EXPECT_THAT(text, HasSubstr("Collision                     6.3.2                -"));
  EXPECT_THAT(text, HasSubstr(fmt::format("min(H_original, 4 x H_bitstring) = {:.6f}\n", assessment.h_assessed)));
  EXPECT_EQ(json["h_assessed"], assessment.h_assessed);
  EXPECT_EQ(json["estimators"].size(), kEstimators);
  EXPECT_EQ(json["estimators"][7]["name"], "lag");
  EXPECT_EQ(json["estimators"][7]["h_bitstring"], *assessment.bits.of[7]);
  EXPECT_TRUE(json["estimators"][1]["h_original"].is_null());
}

TEST(Entropy, StatusSaysWhetherATestFailed) {
  const TempDir dir;
  const auto run = [&](const std::vector<u8>& samples, std::vector<std::string> words) {
    words.insert(words.begin(), {"assess", dir.Write("noise", Text(samples))});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = entropy::Run(Parse(words));
    testing::internal::GetCapturedStderr();
    return std::pair(status, testing::internal::GetCapturedStdout());
  };
  const auto good = run(UniformForTest(16, 5000, 2), {"--iid", "--seed", "1", "--json", dir / "iid.json"});
  EXPECT_EQ(good.first, 0) << good.second;
  EXPECT_THAT(good.second, HasSubstr("may be called IID"));
  EXPECT_EQ(nlohmann::json::parse(ReadFile(dir / "iid.json"))["iid"], true);
  auto alike = UniformForTest(16, 1000000);
  for (size_t row = 0; row < kRestarts; row++) alike[row * kRestartSamples] = 3;
  const auto stuck = run(alike, {"--restart", "--initial", "3", "--json", dir / "restart.json"});
  EXPECT_EQ(stuck.first, 1);
  EXPECT_THAT(stuck.second, HasSubstr("in a column 1000; at most"));
  EXPECT_EQ(nlohmann::json::parse(ReadFile(dir / "restart.json"))["sanity_check_passed"], false);
  EXPECT_EQ(LineOf([&] { run(std::vector<u8>(5000, 9), {}); }), dir / "noise" + ": every sample is 9: no entropy");
  testing::internal::GetCapturedStdout();
  testing::internal::GetCapturedStderr();
}

TEST(Entropy, ConditioningPrintsWhatComesOut) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(entropy::Run(Parse({"conditioning", "--in", "320", "--out", "256", "--width", "256", "--entropy", "320"})), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, HasSubstr("h_out = 256.000000\n"));
  EXPECT_THAT(text, HasSubstr("Full entropy"));
}

TEST(Entropy, PlotIsOnePageWithEachPicture) {
  const TempDir dir;
  for (const unsigned bits : {1u, 3u, 8u}) {
    const std::string file = dir.Write("<noise> & co", Text(UniformForTest(1u << bits, 3000)));
    EXPECT_EQ(entropy::Run(Parse({"plot", file, "--bits", std::to_string(bits), "-o", dir / "page.html"})), 0);
    const std::string page = ReadFile(dir / "page.html");
    for (const char* heading : {"Histogram", "Bit planes", "Autocorrelation", "Spectrum", "Lag plot"}) {
      EXPECT_THAT(page, HasSubstr(fmt::format("<h2>{}</h2>", heading)));
    }
    EXPECT_THAT(page, HasSubstr("&lt;noise&gt; &amp; co"));
    EXPECT_THAT(page, HasSubstr(fmt::format("<figcaption>bit {}: ", bits - 1)));
    // Nothing is fetched from elsewhere, and no number went wrong.
    EXPECT_EQ(page.find("src=\"http"), std::string::npos);
    EXPECT_EQ(page.find("nan"), std::string::npos);
  }
  EXPECT_THAT(LineOf([&] { entropy::Run(Parse({"plot", dir / "<noise> & co", "-o", dir / "no/such/page"})); }),
              HasSubstr("no such file"));
}

}  // namespace
}  // namespace caponier::tool::entropy
