#include "tool/audit/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "tool/failure.h"
#include "tool/parsing.h"

namespace caponier::tool::audit {
namespace {

constexpr char kOverview[] =
    "Looks at the address space and at the heap from outside.\n"
    "\n"
    "  caponier audit layout [--plans N] [--boots N] [-o REPORT.html]  the bits of every region, and the tables\n"
    "  caponier audit tables [--arch A] [--wx LEVEL] [--calls N]       the page tables of running machines\n"
    "  caponier audit dump CORE --arch A --register NAME=VALUE...      the page tables in a memory dump\n"
    "  caponier audit heap [--runs N] [-o REPORT.html]                 which misuses allocators catch, ours and others\n"
    "\n"
    "`caponier audit COMMAND --help` lists a command's options.\n";

CLI::Option* AddArch(CLI::App& app, std::string& arch, const char* help) {
  return app.add_option("--arch", arch, help)->type_name("ARCH")->check(CLI::IsMember({"x86_64", "aarch64"}));
}
std::vector<Arch> Chosen(const std::string& arch) {
  if (const std::optional<Arch> one = ArchNamed(arch)) return {*one};
  return {Arch::kX86_64, Arch::kAarch64};
}

std::variant<Options, PrintText> ParseTables(std::span<const std::string> words) {
  TablesOptions options;
  std::string arch, kernel_order = "random";
  CLI::App app(
      "Boots a program that makes random calls for memory, stops the machine at several moments, and walks its page tables. "
      "Status 1\n"
      "when something that must hold does not.",
      "tables");
  app.formatter(std::make_shared<UsageFormatter>("caponier audit tables [options]"));
  AddArch(app, arch, "x86_64 or aarch64; default: both, one after the other");
  app.add_option("--wx", options.wx, "as for caponier run; less than strict is there to see the audit find it")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"strict", "allow-jit", "off"}));
  app.add_option("--kernel-order", kernel_order, "as for caponier run")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"random", "fixed"}));
  app.add_option("--calls", options.calls, "random calls; default: 10000")
      ->type_name("N")
      ->check(CLI::Range(u64{1}, u64{10'000'000}));
  app.add_flag("--addresses", options.addresses, "say at which address each violation is");
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  if (auto help = ParseWords(app, "audit", words)) return *help;
  options.architectures = Chosen(arch);
  options.kernel_order = order::KernelOrderNamed(kernel_order).value();
  return options;
}

std::variant<Options, PrintText> ParseLayout(std::span<const std::string> words) {
  LayoutOptions options;
  std::string arch;
  CLI::App app(
      "Audits the page tables of running machines, and measures the bits of every region, alone and when another is known: over "
      "plans\n"
      "made on this host, over boots, and over processes of this host's Linux beside them. Status 1 when something that must "
      "hold does "
      "not.",
      "layout");
  app.formatter(std::make_shared<UsageFormatter>("caponier audit layout [options]"));
  AddArch(app, arch, "x86_64 or aarch64; default: both, one after the other");
  app.add_option("--plans", options.plans_log2, "2^N plans; default: 24, which needs 2 GiB of memory")
      ->type_name("N")
      ->check(CLI::Range(8, 26));
  app.add_option("--boots", options.boots, "machines to boot of each architecture; default: 32; 0: none")
      ->type_name("N")
      ->check(CLI::Range(u64{0}, u64{1'000'000}));
  app.add_option("--layout", options.layout, "of those machines, as for caponier run; off is there to see that it is found")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"scatter", "off"}));
  app.add_option("--control", options.moved,
                 "judge this region of the kernel, or the program's break, as if it stood a page higher: must be found")
      ->type_name("REGION");
  app.add_option("--processes", options.processes, "processes of this host's; default: 4096; 0: none")
      ->type_name("N")
      ->check(CLI::Range(u64{0}, u64{10'000'000}));
  app.add_option("--calls", options.calls, "random calls of the audited program; default: 10000")
      ->type_name("N")
      ->check(CLI::Range(u64{1}, u64{10'000'000}));
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  app.add_option("--output,-o", options.output, "the page to write")->type_name("REPORT.html")->check(Writable());
  if (auto help = ParseWords(app, "audit", words)) return *help;
  if (!options.moved.empty() && options.boots < 2) throw Failure("--control needs two --boots or more, to judge them");
  options.architectures = Chosen(arch);
  return options;
}

std::variant<Options, PrintText> ParseDump(std::span<const std::string> words) {
  DumpOptions options;
  std::string arch;
  CLI::App app(
      "Walks the page tables in CORE, a dump of a machine's memory as QEMU's dump-guest-memory writes it. Status 1 when "
      "something that\n"
      "must hold does not. Registers: cr0 cr3 cr4 efer; ttbr0 ttbr1 tcr mair sctlr.",
      "dump");
  app.formatter(std::make_shared<UsageFormatter>("caponier audit dump CORE --arch ARCH --register NAME=VALUE... [options]"));
  app.add_option("CORE", options.file, "the dump")->required();
  AddArch(app, arch, "x86_64 or aarch64")->required();
  app.add_option("--register,-r", options.registers, "what the processor was told; may repeat")
      ->required()
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--kernel", options.kernel,
                 "the kernel's ELF file: names its regions, and holds its list of them against the tables")
      ->type_name("FILE");
  app.add_flag("--addresses", options.addresses, "say at which address each violation is");
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  if (auto help = ParseWords(app, "audit", words)) return *help;
  options.arch = Chosen(arch).front();
  return options;
}

std::variant<Options, PrintText> ParseHeap(std::span<const std::string> words) {
  HeapOptions options;
  CLI::App app(
      "Commits each misuse of a corpus over libcaponier-heap and other allocators, natively and under memory tags, and counts in "
      "how "
      "many\n"
      "runs it is caught: the program ends by a signal, or the allocator says so. Its valid twin must pass. Status 1 when "
      "libcaponier-heap\n"
      "fails one, or misses what docs/heap.md says is certain.",
      "heap");
  app.formatter(std::make_shared<UsageFormatter>("caponier audit heap [options]"));
  app.add_option("--runs", options.runs, "of each misuse and of each twin; default: 10")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--allocator", options.allocators, "only this one, as the table calls it; may repeat")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--library", options.libraries,
                 "another allocator besides, a library to preload; may repeat; one for AArch64 is tried with tags")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  app.add_option("--cases", options.cases, "only those with this in their names")->type_name("TEXT");
  app.add_option("--json", options.json, "write every number as JSON")->type_name("FILE")->check(Writable());
  app.add_option("--output,-o", options.output, "the page to write")->type_name("REPORT.html")->check(Writable());
  if (auto help = ParseWords(app, "audit", words)) return *help;
  return options;
}

}  // namespace

std::variant<Options, PrintText> ParseOptions(std::span<const std::string> words) {
  if (words.empty() || words.front() == "--help" || words.front() == "-h") return PrintText{kOverview};
  const std::span<const std::string> rest = words.subspan(1);
  if (words.front() == "layout") return ParseLayout(rest);
  if (words.front() == "tables") return ParseTables(rest);
  if (words.front() == "dump") return ParseDump(rest);
  if (words.front() == "heap") return ParseHeap(rest);
  throw Failure(fmt::format("unknown command audit {} (see caponier audit --help)", words.front()));
}

}  // namespace caponier::tool::audit
