#include "tool/audit/tables.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>

#include "tool/audit/heap_matrix.h"
#include "tool/audit/kernel_regions.h"
#include "tool/audit/layout.h"
#include "tool/audit/watched_machine.h"
#include "tool/entropy/report.h"
#include "tool/failure.h"
#include "tool/host/elf_file.h"

namespace caponier::tool::audit {
namespace {

using nlohmann::ordered_json;

u64 ParseNumber(std::string_view text, const std::string& whole) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    throw Failure(fmt::format("--register {}: not NAME=VALUE with a number", whole));
  return value;
}

struct RegisterSlot {
  std::string_view name;
  u64* value;
  bool given = false;
};

// Each of `slots` must be given, once.
void FillRegisters(const std::vector<std::string>& words, std::span<RegisterSlot> slots) {
  for (const std::string& word : words) {
    const size_t equals = std::min(word.find('='), word.size());
    const auto slot = std::ranges::find(slots, std::string_view(word).substr(0, equals), &RegisterSlot::name);
    if (slot == slots.end() || slot->given || equals == word.size())
      throw Failure(fmt::format("--register {}: not one register of this architecture, once, with its value", word));
    *slot->value = ParseNumber(std::string_view(word).substr(equals + 1), word);
    slot->given = true;
  }
  for (const RegisterSlot& slot : slots) {
    if (!slot.given) throw Failure(fmt::format("--register {}=VALUE is needed", slot.name));
  }
}

Result<Walk> WalkDump(const DumpOptions& options, const MemoryImage& memory, Diagnostics& diagnostics) {
  if (options.arch == Arch::kX86_64) {
    X86Registers registers;
    std::array<RegisterSlot, 4> slots{
        {{"cr0", &registers.cr0}, {"cr3", &registers.cr3}, {"cr4", &registers.cr4}, {"efer", &registers.efer}}};
    FillRegisters(options.registers, slots);
    return WalkTables(memory, registers, diagnostics);
  }
  ArmRegisters registers;
  std::array<RegisterSlot, 5> slots{{{"ttbr0", &registers.ttbr0},
                                     {"ttbr1", &registers.ttbr1},
                                     {"tcr", &registers.tcr},
                                     {"mair", &registers.mair},
                                     {"sctlr", &registers.sctlr}}};
  FillRegisters(options.registers, slots);
  return WalkTables(memory, registers, diagnostics);
}

// MappedFile speaks of programs; these are none.
std::unique_ptr<MappedFile> OpenFile(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) throw SystemFailure(path, errno);
  try {
    return std::make_unique<MappedFile>(path);
  } catch (const Failure&) {
    throw Failure(path + ": cannot be read");
  }
}

// What the kernel met on its own walk, at the same moment, beside what was met from outside.
std::string KernelsText(const link::TablesRecord& kernel, bool agrees) {
  return fmt::format("{:<32} {:>7} {:>8} {:>9} {:>8}  {}\n", "  by the kernel's own walk", u32{kernel.tables},
                     u32{kernel.kernel_pages}, u32{kernel.program_pages}, "", agrees ? "agrees" : "DIFFERS");
}
constexpr int kTries = 20;
bool Agree(const link::TablesRecord& kernel, const Verdict& verdict) {
  return kernel.tables == verdict.tables && kernel.kernel_pages == verdict.kernel_pages &&
         kernel.program_pages == verdict.program_pages;
}

Addresses WordsFor(bool show) { return show ? Addresses::kShow : Addresses::kHide; }

}  // namespace

std::string VerdictText(std::string_view title, const Walk& walk, const Verdict& verdict, Addresses addresses) {
  std::string out = fmt::format("{:<32} {:>7} {:>8} {:>9} {:>8}  {}\n", title, verdict.tables, verdict.kernel_pages,
                                verdict.program_pages, verdict.aliases, verdict.clean() ? "clean" : "VIOLATED");
  for (const Violation& violation : verdict.violations) {
    out += fmt::format("  {}: {}", NameOf(violation.rule), violation.where);
    if (violation.occurrences > 1) out += fmt::format(", {} times", violation.occurrences);
    if (addresses == Addresses::kShow) out += fmt::format(", first at {:#x}", violation.address);
    out += "\n";
  }
  for (const Protection& protection : walk.protections) {
    if (!protection.on && !protection.required) out += fmt::format("  note: {} is off\n", protection.name);
  }
  return out;
}

ordered_json VerdictJson(const Walk& walk, const Verdict& verdict, Addresses addresses) {
  ordered_json violations = ordered_json::array(), protections;
  for (const Violation& violation : verdict.violations) {
    ordered_json entry = {{"rule", NameOf(violation.rule)}, {"where", violation.where}, {"occurrences", violation.occurrences}};
    if (addresses == Addresses::kShow) entry["address"] = fmt::format("{:#x}", violation.address);
    violations.push_back(std::move(entry));
  }
  for (const Protection& protection : walk.protections) protections[protection.name] = protection.on ? "on" : "off";
  return {{"clean", verdict.clean()},
          {"page_tables", verdict.tables},
          {"kernel_pages", verdict.kernel_pages},
          {"program_pages", verdict.program_pages},
          {"aliases", verdict.aliases},
          {"protections", std::move(protections)},
          {"violations", std::move(violations)}};
}

int AuditTables(const TablesOptions& options) {
  const Install install = Install::FromSelf();
  const Addresses addresses = WordsFor(options.addresses);
  ordered_json machines = ordered_json::array();
  bool clean = true;
  fmt::print("{:<32} {:>7} {:>8} {:>9} {:>8}\n", "page tables, walked from outside", "tables", "kernel's", "program's",
             "aliases");
  for (const Arch arch : options.architectures) {
    WatchedMachine machine(install,
                           {.arch = arch, .wx = options.wx, .kernel_order = options.kernel_order, .calls = options.calls});
    ordered_json moments;
    while (const std::optional<std::string> moment = machine.Next()) {
      Finding finding = machine.Look();
      link::TablesRecord kernel = machine.AskKernel();
      // Between the two looks the program may have come to the call in which it waits, and the kernel have made room for it.
      for (int tries = 1; tries < kTries && !Agree(kernel, finding.verdict); tries++) {
        finding = machine.Look();
        kernel = machine.AskKernel();
      }
      fmt::print("{}", VerdictText(fmt::format("{} {}", NameOf(arch), *moment), finding.walk, finding.verdict, addresses));
      const bool agrees = Agree(kernel, finding.verdict);
      fmt::print("{}", KernelsText(kernel, agrees));
      std::fflush(stdout);
      moments[*moment] = VerdictJson(finding.walk, finding.verdict, addresses);
      moments[*moment]["kernel_agrees"] = agrees;
      clean = clean && agrees && finding.verdict.clean();
    }
    machines.push_back({{"arch", NameOf(arch)}, {"moments", std::move(moments)}});
  }
  if (options.json.has_value())
    entropy::WriteJson(*options.json, {{"calls", options.calls}, {"clean", clean}, {"machines", std::move(machines)}});
  return clean ? 0 : 1;
}

int AuditDump(const DumpOptions& options) {
  const std::unique_ptr<MappedFile> file = OpenFile(options.file);
  FirstDiagnostic diagnostic;
  const auto refuse = [&] {
    return Failure(fmt::format("{}: {} (at {:#x})", options.file, diagnostic.what(), diagnostic.offset()));
  };
  const Result<MemoryImage> memory = MemoryImage::FromCore(file->bytes(), diagnostic);
  if (!memory.ok()) throw refuse();
  const Result<Walk> walk = WalkDump(options, memory.value(), diagnostic);
  if (!walk.ok()) throw refuse();
  std::vector<Region> regions, segments;
  if (options.kernel.has_value()) {
    const std::unique_ptr<MappedFile> kernel = OpenFile(*options.kernel);
    Result<std::vector<Region>> listed = ReadKernelRegions(walk.value(), memory.value(), kernel->bytes(), diagnostic);
    Result<std::vector<Region>> linked = ReadImageSegments(walk.value(), kernel->bytes(), diagnostic);
    if (!listed.ok() || !linked.ok()) throw refuse();
    regions = std::move(listed).value();
    segments = std::move(linked).value();
  }
  const Verdict verdict = Judge(walk.value(), memory.value(), {.regions = regions, .segments = segments, .arch = options.arch});
  const Addresses addresses = WordsFor(options.addresses);
  fmt::print("{}", VerdictText(NameOf(options.arch), walk.value(), verdict, addresses));
  if (options.json.has_value()) entropy::WriteJson(*options.json, VerdictJson(walk.value(), verdict, addresses));
  return verdict.clean() ? 0 : 1;
}

int Run(const Options& options) {
  if (const auto* layout = std::get_if<LayoutOptions>(&options)) return AuditLayout(*layout);
  if (const auto* tables = std::get_if<TablesOptions>(&options)) return AuditTables(*tables);
  if (const auto* heap = std::get_if<HeapOptions>(&options)) return AuditHeap(*heap);
  return AuditDump(std::get<DumpOptions>(options));
}

}  // namespace caponier::tool::audit
