#include "tool/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "tool/failure.h"
#include "tool/size.h"

namespace caponier::tool {
namespace {

constexpr char kOverview[] =
    "Boots a Linux program as its own virtual machine.\n"
    "\n"
    "  caponier run [options] [--] [PROGRAM [ARGS...]]   run PROGRAM, or the built-in tour\n"
    "  caponier check PROGRAM                            whether PROGRAM can run, before booting\n"
    "  caponier bench boot|syscall|run                   measured beside a Linux guest, in the same run\n"
    "  caponier entropy assess|conditioning|plot         noise assessed by SP 800-90B\n"
    "  caponier test                                     all of caponier's own tests\n"
    "\n"
    "`caponier COMMAND --help` lists a command's options.\n";

class UsageFormatter final : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App*, std::string) const override { return "Usage: " + usage_ + "\n"; }

 private:
  std::string usage_;
};

// Where the options end: the index of PROGRAM or of "--".
size_t EndOfOptions(const CLI::App& app, std::span<const std::string> words) {
  size_t at = 0;
  while (at < words.size() && words[at] != "--" && words[at].size() > 1 && words[at].starts_with('-')) {
    const bool joined = words[at].find('=') != std::string::npos;
    const CLI::Option* option = app.get_option_no_throw(words[at]);
    at += !joined && option != nullptr && option->get_items_expected_max() > 0 ? 2 : 1;
  }
  return std::min(at, words.size());
}

// Parses words before `end` with `app`. CLI11's own message is made one line.
std::optional<PrintText> ParseOptions(CLI::App& app, std::span<const std::string> words) {
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return PrintText{app.help()};
  } catch (const CLI::ExtrasError&) {
    const auto unknown = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
      return word.starts_with('-') && app.get_option_no_throw(word.substr(0, word.find('='))) == nullptr;
    });
    throw Failure(
        fmt::format("unknown option {} (see caponier {} --help)", unknown == words.end() ? "" : *unknown, app.get_name()));
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    throw Failure(fmt::format("{} (see caponier {} --help)", text, app.get_name()));
  }
  return std::nullopt;
}

Arch RequireArch(const std::string& name) {
  if (const auto arch = ArchNamed(name)) return *arch;
  throw Failure(fmt::format("--arch {}: not x86_64 or aarch64", name));
}

Command ParseRun(std::span<const std::string> words) {
  RunOptions options;
  std::string arch, memory = "128M";
  CLI::App app("Boots PROGRAM as its own virtual machine; without one, the built-in tour.", "run");
  app.formatter(std::make_shared<UsageFormatter>("caponier run [options] [--] [PROGRAM [ARGS...]]"));
  app.add_option("--arch", arch, "x86_64 or aarch64; default: PROGRAM's own")->type_name("ARCH");
  app.add_option("--memory,-m", memory, "the machine's memory, as 64M or 1G; default 128M")->type_name("SIZE");
  app.add_option("--env,-e", options.environment, "a variable for the program; K alone passes the caller's value; may repeat")
      ->type_name("K=V")
      ->allow_extra_args(false);
  app.add_option("--workdir,-w", options.workdir, "where the program starts; default: the directory you are in, or / with --root")
      ->type_name("DIR");
  app.add_option("--root", options.root, "a directory packed as the machine's /; nothing else is packed then")->type_name("DIR");
  app.add_option("--sysroot", options.sysroot, "where PROGRAM's libraries are found instead of /")->type_name("DIR");
  app.add_option("--with", options.with, "one more host file or directory to pack at its own path; may repeat")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.add_option("--accel", options.accelerator, "auto, kvm or tcg; auto boots once to see whether KVM works here")
      ->type_name("HOW")
      ->transform(CLI::Transformer(std::map<std::string, AcceleratorChoice>{
          {"auto", AcceleratorChoice::kAuto}, {"kvm", AcceleratorChoice::kKvm}, {"tcg", AcceleratorChoice::kTcg}}));
  app.add_option("--layout", options.layout, "scatter (default) or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"scatter", "off"}));
  app.add_option("--wx", options.wx, "strict (default) or allow-jit")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"strict", "allow-jit"}));
  app.add_option("--tagging", options.tagging, "sync (default), async, asymm or off; where the processor has memory tags")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"sync", "async", "asymm", "off"}));
  app.add_option("--heap", options.heap, "tagged or libc")->type_name("LEVEL")->check(CLI::IsMember({"tagged", "libc"}));
  app.add_flag("--trace", options.trace, "system calls to standard error, as strace prints them");
  app.add_option("--report", options.report, "write a JSON report of the run")->type_name("FILE");
  app.add_flag("--gdb", options.gdb, "halt before the first instruction and wait for a debugger");
  app.add_flag("--console", options.console, "show the machine's console as it comes");

  const size_t end = EndOfOptions(app, words);
  if (auto text = ParseOptions(app, words.first(end))) return *text;
  if (!arch.empty()) options.arch = RequireArch(arch);
  const auto bytes = ParseSize(memory);
  if (!bytes.has_value()) throw Failure(fmt::format("--memory {}: not a size (as 64M or 1G)", memory));
  if (*bytes < kMiB || *bytes > 1024 * kGiB) throw Failure(fmt::format("--memory {}: not between 1M and 1024G", memory));
  options.memory_bytes = AlignUp(*bytes, 64 * kKiB);
  for (const std::string& variable : options.environment) {
    if (variable.empty() || variable.front() == '=') throw Failure(fmt::format("--env {}: not K=V", variable));
  }
  if (options.root.has_value() && options.sysroot.has_value()) throw Failure("--root and --sysroot exclude each other");
  size_t program = end;
  if (program < words.size() && words[program] == "--") program++;
  options.program.assign(words.begin() + static_cast<std::ptrdiff_t>(program), words.end());
  return options;
}

Command ParseCheck(std::span<const std::string> words) {
  CheckOptions options;
  std::string arch;
  CLI::App app("Says whether PROGRAM can run, without booting it: its format, its libraries, the system calls in its code.",
               "check");
  app.formatter(std::make_shared<UsageFormatter>("caponier check [options] PROGRAM"));
  app.add_option("--arch", arch, "x86_64 or aarch64; default: PROGRAM's own")->type_name("ARCH");
  app.add_option("--sysroot", options.sysroot, "where PROGRAM's libraries are found instead of /")->type_name("DIR");
  app.add_flag("--strict", options.strict, "status 1 when a system call is missing, even one that may never be made");
  app.add_flag("--verbose", options.verbose, "list the system calls that are there, too");
  const size_t end = EndOfOptions(app, words);
  if (auto text = ParseOptions(app, words.first(end))) return *text;
  if (!arch.empty()) options.arch = RequireArch(arch);
  std::span<const std::string> rest = words.subspan(end);
  if (!rest.empty() && rest.front() == "--") rest = rest.subspan(1);
  if (rest.size() != 1) throw Failure("check takes one PROGRAM");
  options.program = rest.front();
  return options;
}

Command ParseBench(std::span<const std::string> words) {
  using What = BenchOptions::What;
  BenchOptions options;
  std::string arch;
  CLI::App app(
      "Measures caponier beside its peers, in turn. boot: QEMU start to exit of a static hello; syscall: calls to the kernel;\n"
      "run: real programs. The Linux guest's kernel is downloaded from Debian once.",
      "bench");
  app.formatter(std::make_shared<UsageFormatter>("caponier bench boot|syscall|run [options]"));
  app.add_option("--arch", arch, "x86_64 or aarch64; default: both, one after the other")->type_name("ARCH");
  app.add_option("--runs", options.runs, "how often each is measured")->type_name("N")->check(CLI::Range(1, 1000));
  app.add_flag("--json", options.json, "every number, as JSON");
  const std::map<std::string, What> kinds{{"boot", What::kBoot}, {"syscall", What::kSyscall}, {"run", What::kRun}};
  const auto kind = words.empty() ? kinds.end() : kinds.find(words.front());
  const std::span<const std::string> rest = kind == kinds.end() ? words : words.subspan(1);
  if (auto text = ParseOptions(app, rest)) return *text;
  if (kind == kinds.end()) throw Failure("bench takes boot, syscall or run (see caponier bench --help)");
  options.what = kind->second;
  if (!arch.empty()) options.arch = RequireArch(arch);
  return options;
}

Command ParseEntropy(std::span<const std::string> words) {
  const auto parsed = entropy::ParseOptions(words);
  if (const auto* help = std::get_if<entropy::HelpText>(&parsed)) return PrintText{help->text};
  return std::get<entropy::Options>(parsed);
}

}  // namespace

Command ParseCommandLine(std::span<const std::string> words) {
  if (words.empty() || words.front() == "--help" || words.front() == "-h" || words.front() == "help") return PrintText{kOverview};
  if (words.front() == "--version") return PrintText{fmt::format("caponier {}\n", kVersion)};
  if (words.front() == "run") return ParseRun(words.subspan(1));
  if (words.front() == "bench") return ParseBench(words.subspan(1));
  if (words.front() == "entropy") return ParseEntropy(words.subspan(1));
  if (words.front() == "check") return ParseCheck(words.subspan(1));
  throw Failure(fmt::format("unknown command {} (see caponier --help)", words.front()));
}

}  // namespace caponier::tool
