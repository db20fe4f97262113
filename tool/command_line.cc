#include "tool/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "lib/heap/settings.h"
#include "tool/failure.h"
#include "tool/parsing.h"
#include "tool/size.h"

namespace caponier::tool {
namespace {

constexpr char kOverview[] =
    "Boots a Linux program as its own virtual machine.\n"
    "\n"
    "  caponier run [options] [--] [PROGRAM [ARGS...]]   run PROGRAM, or the built-in tour\n"
    "  caponier check PROGRAM                            whether PROGRAM can run, before booting\n"
    "  caponier bench WHAT [options]                     boot, syscall, run, layout, random or heap, measured beside peers\n"
    "  caponier entropy collect|assess|conditioning|plot noise collected, and assessed by SP 800-90B\n"
    "  caponier audit layout|tables|dump                 bits of every region; page tables walked from outside\n"
    "  caponier audit heap [options]                     which misuses allocators catch, ours and others\n"
    "  caponier test                                     all of caponier's own tests\n"
    "\n"
    "`caponier COMMAND --help` lists a command's options.\n";

constexpr u64 kMostMemory = 32 * kGiB;  // the kernel's frame table: docs/decisions/0002-frame-table-on-demand.md

CLI::Option* OptionNamed(CLI::App& app, const std::string& name) {
  // CLI11 also finds names without their dashes.
  return name.starts_with('-') ? app.get_option_no_throw(name) : nullptr;
}

// One option out of `words` at `at`: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -n=VALUE. Moves `at` behind it.
void TakeOption(CLI::App& app, std::span<const std::string> words, size_t& at) {
  const std::string& word = words[at++];
  const size_t equals = word.find('=');
  std::string name = word.substr(0, equals);
  std::optional<std::string> value;
  if (equals != std::string::npos) value = word.substr(equals + 1);
  CLI::Option* option = OptionNamed(app, name);
  if (option == nullptr && !word.starts_with("--") && word.size() > 2) {
    name = word.substr(0, 2);
    option = OptionNamed(app, name);
    value = word.substr(word[2] == '=' ? 3 : 2);
  }
  const auto fail = [&](const std::string& what) {
    throw Failure(fmt::format("{} (see caponier {} --help)", what, app.get_name()));
  };
  if (option == nullptr) fail(fmt::format("unknown option {}", word));
  const bool flag = option->get_items_expected_max() == 0;
  if (flag && value.has_value()) fail(fmt::format("{} takes no value", name));
  if (!flag && !value.has_value()) {
    if (at == words.size()) fail(fmt::format("{} needs a value: {}", name, option->get_type_name()));
    value = words[at++];
  }
  if (!flag && value->empty()) fail(fmt::format("{} needs a value: {}, not an empty one", name, option->get_type_name()));
  if (option->count() != 0 && option->get_items_expected_max() == 1) fail(fmt::format("{} is given more than once", name));
  option->add_result(flag ? "true" : *value);
}

// Takes the options at the front of `words` into `app`: up to PROGRAM or "--", the index of which goes to `end`. CLI11 keeps the
// options, their help and their checks; its own parser is not asked, since it takes words behind PROGRAM for options.
std::optional<PrintText> ParseOptions(CLI::App& app, std::span<const std::string> words, size_t& end) {
  for (end = 0; end < words.size() && words[end] != "--" && words[end].size() > 1 && words[end].starts_with('-');) {
    if (words[end] == "--help" || words[end] == "-h") return PrintText{app.help()};
    TakeOption(app, words, end);
  }
  try {
    for (CLI::Option* option : app.get_options()) {
      if (option->count() != 0) option->run_callback();
    }
  } catch (const CLI::ParseError& error) {
    RefuseWords(error, app.get_name());
  }
  return std::nullopt;
}

// Accepts these words and no other.
std::function<std::string(const std::string&)> OneOf(std::vector<std::string> allowed) {
  return [allowed = std::move(allowed)](const std::string& word) {
    const bool known = std::find(allowed.begin(), allowed.end(), word) != allowed.end();
    return known ? "" : fmt::format("{} is none of {}", word, fmt::join(allowed, ", "));
  };
}

Arch RequireArch(const std::string& name) {
  if (const auto arch = ArchNamed(name)) return *arch;
  throw Failure(fmt::format("--arch {}: not x86_64 or aarch64", name));
}

// As the library itself will: a wrong word is refused before anything boots.
void CheckHeapSettings(const RunOptions& options) {
  const std::string& text = options.heap_settings;
  heap::Settings settings;
  heap::SettingsError error;
  if (!heap::ReadSettings(text, &settings, &error))
    throw Failure(fmt::format("--heap-settings: \"{}\" is none of the heap's settings; expected {}", error.word, error.expected));
  if (!options.tagging.empty() && ("," + text).find(",tagging=") != std::string::npos)
    throw Failure("--tagging and --heap-settings tagging= exclude each other");
  const bool by_variable = std::ranges::any_of(
      options.environment, [](const std::string& variable) { return variable.substr(0, variable.find('=')) == "CAPONIER_HEAP"; });
  if (by_variable && !text.empty()) throw Failure("--heap-settings and --env CAPONIER_HEAP exclude each other");
}

Command ParseRun(std::span<const std::string> words) {
  RunOptions options;
  std::string arch, memory, accelerator = "auto", kernel_order = "random";
  CLI::App app("Boots PROGRAM as its own virtual machine; without one, the built-in tour.", "run");
  app.formatter(std::make_shared<UsageFormatter>("caponier run [options] [--] [PROGRAM [ARGS...]]"));
  app.add_option("--arch", arch, "x86_64 or aarch64; default: PROGRAM's own")->type_name("ARCH");
  const auto* memory_option =
      app.add_option("--memory,-m", memory, "the machine's memory, as 64M or 1G; default 128M, more when the files take much")
          ->type_name("SIZE");
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
  app.add_option("--accel", accelerator, "auto, kvm or tcg; auto boots once to see whether KVM works here")
      ->type_name("HOW")
      ->check(OneOf({"auto", "kvm", "tcg"}));
  app.add_option("--layout", options.layout, "scatter (default) or off")->type_name("LEVEL")->check(OneOf({"scatter", "off"}));
  app.add_option("--wx", options.wx, "strict (default), allow-jit or off")
      ->type_name("LEVEL")
      ->check(OneOf({"strict", "allow-jit", "off"}));
  app.add_option("--tagging", options.tagging, "sync (default), async, asymm or off; where the processor has memory tags")
      ->type_name("LEVEL")
      ->check(OneOf({"sync", "async", "asymm", "off"}));
  app.add_option(
         "--heap", options.heap,
         "tagged (default): dynamic programs of glibc and musl get libcaponier-heap, static ones of AArch64's glibc are told to "
         "tag theirs; caponier: libcaponier-heap or nothing; glibc: AArch64's glibc is told to tag its own; or libc: it stays "
         "as it is")
      ->type_name("LEVEL")
      ->check(OneOf({"tagged", "caponier", "glibc", "libc"}));
  app.add_option("--heap-settings", options.heap_settings,
                 "for libcaponier-heap, with commas, as record=on,quarantine=128; docs/heap.md lists them")
      ->type_name("LIST");
  app.add_option("--kernel-heap", options.kernel_heap,
                 "plain (default), or record: a panic about a block of the kernel's heap says where that was allocated and freed")
      ->type_name("LEVEL")
      ->check(OneOf({"plain", "record"}));
  app.add_option("--kernel-order", kernel_order,
                 "random (default): the kernel's functions stand in an order drawn for this start; or fixed: as they were linked")
      ->type_name("LEVEL")
      ->check(OneOf({"random", "fixed"}));
  app.add_flag("--trace", options.trace, "system calls to standard error, as strace prints them");
  app.add_option("--report", options.report, "write a JSON report of the run")->type_name("FILE");
  app.add_option("--seed-file", options.seed_file,
                 "64 bytes mixed into the machine's randomness and replaced for the next run; made when absent")
      ->type_name("FILE");
  app.add_flag("--gdb", options.gdb, "halt before the first instruction and wait for a debugger");
  app.add_flag("--console", options.console, "show the machine's console as it comes");

  size_t end = 0;
  if (auto text = ParseOptions(app, words, end)) return *text;
  if (!arch.empty()) options.arch = RequireArch(arch);
  if (memory_option->count() != 0) {
    const auto bytes = ParseSize(memory);
    if (!bytes.has_value()) throw Failure(fmt::format("--memory {}: not a size (as 64M or 1G)", memory));
    if (*bytes < kMiB || *bytes > kMostMemory) throw Failure(fmt::format("--memory {}: not between 1M and 32G", memory));
    options.memory_bytes = AlignUp(*bytes, 64 * kKiB);
  }
  for (const std::string& variable : options.environment) {
    if (variable.empty() || variable.front() == '=') throw Failure(fmt::format("--env {}: not K=V", variable));
  }
  CheckHeapSettings(options);
  options.kernel_order = order::KernelOrderNamed(kernel_order).value();
  if (accelerator == "kvm") options.accelerator = AcceleratorChoice::kKvm;
  if (accelerator == "tcg") options.accelerator = AcceleratorChoice::kTcg;
  if (options.report.has_value() && options.report == options.seed_file)
    throw Failure("--report and --seed-file name the same file");
  if (options.root.has_value() && options.sysroot.has_value()) throw Failure("--root and --sysroot exclude each other");
  size_t program = end;
  if (program < words.size() && words[program] == "--") program++;
  options.program.assign(words.begin() + static_cast<std::ptrdiff_t>(program), words.end());
  for (const char* name : {"--root", "--sysroot", "--with", "--workdir"}) {
    if (options.program.empty() && app.get_option(name)->count() != 0) throw Failure(fmt::format("{} needs a PROGRAM", name));
  }
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
  size_t end = 0;
  if (auto text = ParseOptions(app, words, end)) return *text;
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
      "run: real programs. The Linux guest's kernel is downloaded from Debian once. layout: what random places cost, against "
      "fixed\n"
      "ones. random: libcaponier-random beside other libraries' generators and the kernel's. heap: libcaponier-heap beside the "
      "C\n"
      "library's allocator and others; for aarch64 instructions are counted, under memory tags.",
      "bench");
  app.formatter(std::make_shared<UsageFormatter>("caponier bench boot|syscall|run|layout|random|heap [options]"));
  app.add_option("--arch", arch, "x86_64 or aarch64; default: both, one after the other; of heap x86_64")->type_name("ARCH");
  app.add_option("--runs", options.runs, "how often each is measured")->type_name("N")->check(CLI::Range(1, 1000));
  app.add_flag("--json", options.json, "every number, as JSON");
  app.add_option("--plot", options.plot, "random, heap: a picture, by its name .svg or .png")
      ->type_name("FILE")
      ->check(Writable());
  app.add_option("--library", options.libraries, "heap: another allocator besides, a library to preload; may repeat")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  const std::map<std::string, What> kinds{{"boot", What::kBoot},     {"syscall", What::kSyscall}, {"run", What::kRun},
                                          {"layout", What::kLayout}, {"random", What::kRandom},   {"heap", What::kHeap}};
  const auto kind = words.empty() ? kinds.end() : kinds.find(words.front());
  const std::span<const std::string> rest = kind == kinds.end() ? words : words.subspan(1);
  size_t end = 0;
  if (auto text = ParseOptions(app, rest, end)) return *text;
  if (kind == kinds.end() || end != rest.size())
    throw Failure("bench takes boot, syscall, run, layout, random or heap (see caponier bench --help)");
  options.what = kind->second;
  if (!arch.empty()) options.arch = RequireArch(arch);
  const bool timed = options.what == What::kRandom || (options.what == What::kHeap && options.arch != Arch::kAarch64);
  if (!options.plot.empty() && !timed) throw Failure("--plot is for bench random and for bench heap, which counts for aarch64");
  if (!options.libraries.empty() && options.what != What::kHeap) throw Failure("--library is for bench heap");
  return options;
}

Command ParseEntropy(std::span<const std::string> words) {
  const auto parsed = entropy::ParseOptions(words);
  if (const auto* help = std::get_if<PrintText>(&parsed)) return *help;
  return std::get<entropy::Options>(parsed);
}

Command ParseAudit(std::span<const std::string> words) {
  const auto parsed = audit::ParseOptions(words);
  if (const auto* help = std::get_if<PrintText>(&parsed)) return *help;
  return std::get<audit::Options>(parsed);
}

}  // namespace

Command ParseCommandLine(std::span<const std::string> words) {
  if (words.empty()) return PrintText{kOverview};
  const std::string& command = words.front();
  const std::span<const std::string> rest = words.subspan(1);
  if (command == "run") return ParseRun(rest);
  if (command == "bench") return ParseBench(rest);
  if (command == "check") return ParseCheck(rest);
  if (command == "entropy") return ParseEntropy(rest);
  if (command == "audit") return ParseAudit(rest);
  if (command == "--help" || command == "-h" || command == "help") {
    if (rest.empty()) return PrintText{kOverview};
    if (command == "help" && rest.size() == 1 &&
        (rest[0] == "run" || rest[0] == "bench" || rest[0] == "check" || rest[0] == "entropy" || rest[0] == "audit"))
      return ParseCommandLine(std::vector<std::string>{rest[0], "--help"});
  }
  if (command == "--version" && rest.empty()) return PrintText{fmt::format("caponier {}\n", kVersion)};
  if (command == "--help" || command == "-h" || command == "help" || command == "--version")
    throw Failure(fmt::format("{}: nothing is known about {} (see caponier --help)", command, rest.front()));
  throw Failure(fmt::format("unknown command {} (see caponier --help)", command.empty() ? "''" : command));
}

}  // namespace caponier::tool
