#include "tool/entropy/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <map>
#include <memory>

#include "tool/failure.h"
#include "tool/parsing.h"

namespace caponier::tool::entropy {
namespace {

constexpr char kOverview[] =
    "Assesses noise by SP 800-90B. Files hold one sample a byte.\n"
    "\n"
    "  caponier entropy collect --source NAME --count N [--arch A] -o FILE\n"
    "  caponier entropy assess FILE [--bits N] [--iid | --conditioned] [--restart --initial H] [--json FILE]\n"
    "  caponier entropy conditioning --in BITS --out BITS --width BITS --entropy H [--bit-entropy H]\n"
    "  caponier entropy plot FILE [--bits N] -o REPORT.html\n"
    "  caponier entropy simulate recovery | lattice | latency [--json FILE] [-o REPORT.html]\n"
    "\n"
    "`caponier entropy COMMAND --help` lists a command's options.\n";

CLI::Option* AddBits(CLI::App& app, std::optional<unsigned>& bits) {
  return app.add_option("--bits", bits, "bits a sample, 1 to 8; default: as few as the greatest sample needs")
      ->type_name("N")
      ->check(CLI::Range(1u, 8u));
}

std::variant<Options, PrintText> ParseAssess(std::span<const std::string> words) {
  AssessOptions options;
  bool iid = false, conditioned = false, restart = false;
  CLI::App app("Estimates the min-entropy of the samples in FILE, as NIST's SP 800-90B tool does.", "assess");
  app.formatter(std::make_shared<UsageFormatter>("caponier entropy assess FILE [options]"));
  app.add_option("FILE", options.file, "the samples, one a byte")->required();
  AddBits(app, options.bits);
  app.add_flag("--iid", iid,
               "test whether the samples are independent and identically distributed; status 1 when not. With --restart: "
               "the source is claimed to be so, and its most common value is all that is estimated");
  app.add_flag("--conditioned", conditioned, "FILE is the output of a conditioning component: assess its bits only (h')");
  app.add_flag("--restart", restart, "FILE is 1000 restarts of 1000 samples each; needs --initial; status 1 when they fail");
  app.add_option("--initial", options.initial, "the initial entropy estimate in bits a sample, for --restart")->type_name("H");
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  app.add_option("--seed", options.seed, "of the permutations of --iid, to repeat a run; default: another each time")
      ->type_name("N");
  if (auto help = ParseWords(app, "entropy", words)) return *help;
  if (conditioned && (iid || restart)) throw Failure("--conditioned goes with neither --iid nor --restart");
  if (restart != options.initial.has_value()) throw Failure("--restart and --initial H need each other");
  using Track = AssessOptions::Track;
  if (restart) {
    options.track = iid ? Track::kRestartIid : Track::kRestart;
  } else {
    options.track = iid ? Track::kIid : conditioned ? Track::kConditioned : Track::kNonIid;
  }
  if (options.initial.has_value() && !(*options.initial >= 0 && *options.initial <= 8)) {
    throw Failure(fmt::format("--initial {}: not between 0 and 8 bits", *options.initial));
  }
  return options;
}

std::variant<Options, PrintText> ParseConditioning(std::span<const std::string> words) {
  ConditioningOptions options;
  constexpr u64 kMostBits = 0xffffffff;
  CLI::App app("Computes how much entropy comes out of a conditioning component, by SP 800-90B 3.1.5.", "conditioning");
  app.formatter(
      std::make_shared<UsageFormatter>("caponier entropy conditioning --in BITS --out BITS --width BITS --entropy H [options]"));
  const auto add_bits = [&](const char* name, u64& bits, const char* help) {
    app.add_option(name, bits, help)->required()->type_name("BITS")->check(CLI::Range(u64{1}, kMostBits));
  };
  add_bits("--in", options.component.input_bits, "n_in: bits that go in");
  add_bits("--out", options.component.output_bits, "n_out: bits that come out");
  add_bits("--width", options.component.narrowest_bits, "nw: the narrowest internal width");
  app.add_option("--entropy", options.component.input_entropy, "h_in: bits of entropy that go in")->required()->type_name("H");
  app.add_option("--bit-entropy", options.component.bit_entropy,
                 "h': entropy of a bit that comes out, from `assess --conditioned`; for a component that is not vetted")
      ->type_name("H");
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  if (auto help = ParseWords(app, "entropy", words)) return *help;
  if (!(options.component.input_entropy > 0 &&
        options.component.input_entropy <= static_cast<double>(options.component.input_bits))) {
    throw Failure(fmt::format("--entropy {}: not above 0 and at most the {} bits that go in", options.component.input_entropy,
                              options.component.input_bits));
  }
  if (options.component.bit_entropy.has_value() && !(*options.component.bit_entropy > 0 && *options.component.bit_entropy <= 1)) {
    throw Failure(fmt::format("--bit-entropy {}: not above 0 and at most 1", *options.component.bit_entropy));
  }
  return options;
}

std::variant<Options, PrintText> ParsePlot(std::span<const std::string> words) {
  PlotOptions options;
  CLI::App app("Draws the samples in FILE: histogram, bit planes, autocorrelation, spectrum, lag plot.", "plot");
  app.formatter(std::make_shared<UsageFormatter>("caponier entropy plot FILE [--bits N] -o REPORT.html"));
  app.add_option("FILE", options.file, "the samples, one a byte")->required();
  AddBits(app, options.bits);
  app.add_option("--output,-o", options.output, "the page to write")->required()->type_name("REPORT.html")->check(Writable());
  if (auto help = ParseWords(app, "entropy", words)) return *help;
  return options;
}

std::variant<Options, PrintText> ParseCollect(std::span<const std::string> words) {
  CollectOptions options;
  std::string arch, accelerator;
  CLI::App app(
      "Records raw samples of a noise source, one a byte: of the host (timing-jitter, cpu-seed, cpu-random), or with --arch of "
      "a\n"
      "guest (timing-jitter, interrupt-timing, virtio-rng, and cpu-random on x86_64 or cpu-seed on aarch64).",
      "collect");
  app.formatter(std::make_shared<UsageFormatter>("caponier entropy collect --source NAME --count N [--arch A] -o FILE"));
  app.add_option("--source", options.source, "the source")->required()->type_name("NAME");
  app.add_option("--count", options.count, "samples")->required()->type_name("N")->check(CLI::Range(u64{1}, u64{1'000'000'000}));
  app.add_option("--arch", arch, "x86_64 or aarch64: a guest's source")
      ->type_name("ARCH")
      ->check(CLI::IsMember({"x86_64", "aarch64"}));
  app.add_option("--restarts", options.restarts,
                 "boot the guest so often, and take --count samples of each: a restart matrix by rows")
      ->type_name("N")
      ->check(CLI::Range(u64{1}, u64{100'000}));
  app.add_option("--accel", accelerator, "tcg (default) or kvm, for a guest")
      ->type_name("HOW")
      ->check(CLI::IsMember({"tcg", "kvm"}));
  app.add_option("--output,-o", options.output, "the file to write")->required()->type_name("FILE")->check(Writable());
  if (auto help = ParseWords(app, "entropy", words)) return *help;
  if (!arch.empty()) options.arch = ArchNamed(arch);
  if (!options.arch.has_value() && options.restarts != 1) throw Failure("--restarts is for a guest: it needs --arch");
  if (!options.arch.has_value() && !accelerator.empty()) throw Failure("--accel is for a guest: it needs --arch");
  if (accelerator == "kvm") options.accelerator = Accelerator::kKvm;
  return options;
}

std::variant<Options, PrintText> ParseSimulate(std::span<const std::string> words) {
  using What = SimulateOptions::What;
  const std::map<std::string, What> names{
      {"recovery", What::kRecovery}, {"lattice", What::kLattice}, {"latency", What::kLatency}};
  SimulateOptions options;
  CLI::App app(
      "Tries the generator's claims: recovery from a compromise (pools, hedge), every subset of honest sources, and how soon "
      "health "
      "tests notice. Status 1 when a claim does not hold.",
      "simulate");
  app.formatter(std::make_shared<UsageFormatter>("caponier entropy simulate recovery | lattice | latency [options]"));
  app.add_option("WHAT", options.what, "recovery, lattice or latency")->required()->transform(CLI::Transformer(names));
  app.add_option("--runs", options.runs, "boots of each subset, or runs of each fault; default: 10")
      ->type_name("N")
      ->check(CLI::Range(u64{1}, u64{100'000}));
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  app.add_option("--output,-o", options.output, "the page to write")->type_name("REPORT.html")->check(Writable());
  if (auto help = ParseWords(app, "entropy", words)) return *help;
  return options;
}

}  // namespace

std::variant<Options, PrintText> ParseOptions(std::span<const std::string> words) {
  if (words.empty() || words.front() == "--help" || words.front() == "-h") return PrintText{kOverview};
  const std::span<const std::string> rest = words.subspan(1);
  if (words.front() == "collect") return ParseCollect(rest);
  if (words.front() == "assess") return ParseAssess(rest);
  if (words.front() == "conditioning") return ParseConditioning(rest);
  if (words.front() == "plot") return ParsePlot(rest);
  if (words.front() == "simulate") return ParseSimulate(rest);
  throw Failure(fmt::format("unknown command entropy {} (see caponier entropy --help)", words.front()));
}

}  // namespace caponier::tool::entropy
