#include "tool/audit/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

namespace caponier::tool::audit {
namespace {

constexpr u64 kLowestAddress = 64 * kKiB;  // a null pointer with an offset faults below it

// Regions whose frames the program sees too: the vDSO's data, which the kernel writes, and its code.
bool IsForBoth(std::string_view region) { return region == "vDSO" || region == "vDSO data"; }

bool ForProgram(const Mapping& mapping) { return mapping.program || mapping.program_execute; }
bool SameRights(const Mapping& a, const Mapping& b) {
  return a.write == b.write && a.program == b.program && a.kernel_execute == b.kernel_execute &&
         a.program_execute == b.program_execute && a.device == b.device;
}

std::string WordFor(const Region& region) { return region.name.empty() ? "a mapping without a name" : region.name; }

class Judgement {
 public:
  Judgement(const Walk& walk, const MemoryImage& memory, const Expectations& expectations)
      : walk_(walk), memory_(memory), expectations_(expectations) {}

  Verdict Run() {
    NoteRuns();
    CheckProtections();
    for (const Mapping& mapping : walk_.mappings) CheckOne(mapping);
    CheckRuns();
    CheckRegions();
    CheckTables();
    CheckAliases();
    verdict_.tables = walk_.tables.size();
    for (auto& [key, violation] : found_) verdict_.violations.push_back(std::move(violation));
    return std::move(verdict_);
  }

 private:
  static const Region* Find(std::span<const Region> list, u64 address) {
    const auto above = std::ranges::upper_bound(list, address, {}, &Region::begin);
    if (above == list.begin()) return nullptr;
    const Region& region = *(above - 1);
    return address < region.end ? &region : nullptr;
  }
  const Region* RegionOf(u64 address) const {
    return Find(address >> 63 != 0 ? expectations_.regions : expectations_.mappings, address);
  }
  static std::string RightsOf(const Mapping& mapping) {
    return fmt::format("r{}{}{}", mapping.write ? "w" : "-", mapping.execute() ? "x" : "-",
                       ForProgram(mapping) ? ", program" : "");
  }
  // Where a page lies, without its address: in which region, or in which run of pages.
  std::string Place(const Mapping& mapping) const {
    const std::string half = mapping.half() == Half::kKernel ? "kernel" : "program";
    if (const Region* region = RegionOf(mapping.address)) return fmt::format("{} ({})", WordFor(*region), RightsOf(mapping));
    const auto run = std::ranges::upper_bound(runs_, mapping.address, {}, &Stretch::begin);
    const u64 pages = run == runs_.begin() ? 0 : ((run - 1)->end - (run - 1)->begin) / kPageSize;
    return fmt::format("a run of {} page{} in the {}'s half ({})", pages, pages == 1 ? "" : "s", half, RightsOf(mapping));
  }
  void Say(Rule rule, const std::string& where, u64 address) {
    const auto [at, fresh] = found_.try_emplace({rule, where}, Violation{rule, where, address});
    if (!fresh) at->second.occurrences++;
  }
  void Say(Rule rule, const Mapping& mapping) { Say(rule, Place(mapping), mapping.address); }

  void NoteRuns() {
    for (const Mapping& mapping : walk_.mappings) {
      if (runs_.empty() || runs_.back().end != mapping.address) runs_.push_back({mapping.address, mapping.address});
      runs_.back().end = mapping.end();
    }
  }

  void CheckProtections() {
    for (const Protection& protection : walk_.protections) {
      if (protection.required && !protection.on) Say(Rule::kProtection, protection.name + " is off", 0);
    }
  }

  void CheckOne(const Mapping& mapping) {
    const bool kernel = mapping.half() == Half::kKernel;
    (kernel ? verdict_.kernel_pages : verdict_.program_pages) += mapping.bytes / kPageSize;
    if (mapping.write && mapping.execute()) Say(Rule::kWriteAndExecute, mapping);
    if (kernel && ForProgram(mapping)) Say(Rule::kKernelForProgram, mapping);
    if (!kernel && !mapping.program) Say(Rule::kProgramWithoutRight, mapping);
    if (!kernel && expectations_.arch == Arch::kAarch64 && mapping.kernel_execute) Say(Rule::kKernelRunsProgram, mapping);
    if (mapping.address < kLowestAddress || (!kernel && mapping.end() > walk_.program_end - kPageSize) ||
        (kernel && mapping.end() - 1 > ~kPageSize))
      Say(Rule::kNothingHere, mapping);
    if (!memory_.Holds(mapping.physical, mapping.bytes) && !(kernel && mapping.device && !mapping.execute()))
      Say(Rule::kOutsideMemory, mapping);
  }

  // Pages of the kernel's half that stand side by side are one region, all with the same rights; or the image: code, then constants, then
  // data.
  void CheckRuns() {
    int kind = 0;  // of the page before, in the image's order
    bool is_image = false;
    const Mapping* before = nullptr;
    for (const Mapping& mapping : walk_.mappings) {
      if (mapping.half() != Half::kKernel) continue;
      const int own = mapping.execute() ? 1 : mapping.write ? 3 : 2;
      const auto say = [&](Rule rule) {
        Say(rule, fmt::format("{} beside {}", Place(*before), Place(mapping)), mapping.address);
      };
      const bool joined = before != nullptr && before->end() == mapping.address;
      const Region *region = RegionOf(mapping.address), *left = joined ? RegionOf(before->address) : nullptr;
      if (!joined || region != left) {
        if (joined) say(Rule::kGuard);
        is_image = mapping.execute();
        kind = own;
      } else if (!SameRights(*before, mapping)) {
        if (!is_image || own <= kind || mapping.device != before->device)
          say(region != nullptr ? Rule::kMixedRights : Rule::kGuard);
        kind = own;
      }
      before = &mapping;
    }
  }

  // Each page is in a region of its half's list, has no more rights than that, and between two regions is at least a page. Pieces of one
  // mapping, and of one file, touch: they have the same name. So does what an image has behind its data without a file, once for a file.
  void CheckRegions() {
    CheckGuards(expectations_.regions, [](const Region&, const Region&) { return false; });
    std::set<std::string> with_zeroes;
    CheckGuards(expectations_.mappings, [&](const Region& before, const Region& region) {
      if (before.name == region.name) return true;
      return before.write && region.write && region.name.empty() && with_zeroes.insert(before.name).second;
    });
    for (const Mapping& mapping : walk_.mappings) {
      const bool kernel = mapping.half() == Half::kKernel;
      const Region* region = RegionOf(mapping.address);
      const bool known = !(kernel ? expectations_.regions : expectations_.mappings).empty();
      if (known && (region == nullptr || mapping.end() > region->end)) Say(Rule::kUnknownRegion, mapping);
      const Region* rights = kernel ? Find(expectations_.segments, mapping.address) : region;
      if (rights != nullptr && ((mapping.write && !rights->write) || (mapping.execute() && !rights->execute)))
        Say(Rule::kMoreRights, mapping);
    }
  }
  void CheckGuards(std::span<const Region> list, auto may_touch) {
    for (size_t i = 1; i < list.size(); i++) {
      if (list[i - 1].end + kPageSize > list[i].begin && !may_touch(list[i - 1], list[i]))
        Say(Rule::kGuard, fmt::format("{} beside {}", WordFor(list[i - 1]), WordFor(list[i])), list[i].begin);
    }
  }

  bool ServesWindows(const Table& table) const {
    return table.level == 0 && table.address >> 63 != 0 && std::ranges::any_of(expectations_.regions, [&](const Region& region) {
             return region.name == "windows" && region.begin - table.address < kPageSize / sizeof(u64) * kPageSize;
           });
  }
  // Whether the mapping can be the one through which the kernel opens windows, with the table that serves them: to read, while the gate is
  // closed. AArch64 has none.
  bool IsGate(const Table& table, const Mapping& mapping) const {
    if (expectations_.arch != Arch::kX86_64 || table.level != 0 || table.address >> 63 == 0 || mapping.half() != Half::kKernel ||
        mapping.bytes != kPageSize || mapping.write || mapping.execute())
      return false;
    if (expectations_.regions.empty()) return true;
    const Region* here = RegionOf(mapping.address);
    return here != nullptr && here->name == "window table" && ServesWindows(table);
  }
  // At most one table is mapped, that of the windows. Nothing else stands in it, and nothing of it stands at a quiet moment.
  void CheckTables() {
    std::unordered_map<u64, const Table*> tables;
    for (const Table& table : walk_.tables) {
      tables.emplace(table.physical, &table);
      if (ServesWindows(table) && table.present != 0)
        Say(Rule::kGate, fmt::format("{} entries stand in the table of the windows", table.present), table.address);
    }
    u64 gates = 0;
    for (const Mapping& mapping : walk_.mappings) {
      // Frames of a large page are looked up one by one, or all tables in it are, whichever is less.
      const auto visit = [&](const Table& table) {
        if (gates != 0 || !IsGate(table, mapping)) {
          Say(Rule::kPageTable,
              fmt::format("a table of level {} of the {}'s half, in {}", table.level,
                          table.address >> 63 != 0 ? "kernel" : "program", Place(mapping)),
              mapping.address);
          return;
        }
        gates++;
      };
      if (mapping.bytes / kPageSize > walk_.tables.size()) {
        for (const Table& table : walk_.tables) {
          if (table.physical - mapping.physical < mapping.bytes) visit(table);
        }
        continue;
      }
      for (u64 offset = 0; offset < mapping.bytes; offset += kPageSize) {
        if (const auto table = tables.find(mapping.physical + offset); table != tables.end()) visit(*table->second);
      }
    }
  }

  // Sweeps over physical memory: which mappings hold each stretch of it.
  void CheckAliases() {
    struct Event {
      u64 at;
      size_t mapping;
      bool begin;
    };
    std::vector<Event> events;
    for (size_t i = 0; i < walk_.mappings.size(); i++) {
      events.push_back({walk_.mappings[i].physical, i, true});
      events.push_back({walk_.mappings[i].physical + walk_.mappings[i].bytes, i, false});
    }
    std::ranges::sort(events, [](const Event& a, const Event& b) { return a.at != b.at ? a.at < b.at : a.begin < b.begin; });
    Holders holders;
    for (size_t i = 0; i < events.size(); i++) {
      const Mapping& mapping = walk_.mappings[events[i].mapping];
      const auto note = [&](std::set<size_t>& set) {
        if (events[i].begin) set.insert(events[i].mapping);
        else set.erase(events[i].mapping);
      };
      note(holders.all);
      if (mapping.write) note(holders.writers);
      if (mapping.execute()) note(holders.executors);
      if (mapping.half() == Half::kKernel) note(holders.kernel);
      else if (mapping.write) note(holders.program_writers);
      const bool last = i + 1 == events.size() || events[i + 1].at != events[i].at;
      if (last && holders.all.size() > 1) CheckAlias(holders);
    }
  }
  struct Holders {
    std::set<size_t> all, writers, executors, kernel, program_writers;
  };
  void CheckAlias(const Holders& holders) {
    verdict_.aliases++;
    const auto at = [&](size_t index) -> const Mapping& { return walk_.mappings[index]; };
    const auto say = [&](Rule rule, const Mapping& a, const Mapping& b) {
      Say(rule, fmt::format("{} and {}", Place(a), Place(b)), a.address);
    };
    if (!holders.writers.empty() && !holders.executors.empty())
      return say(Rule::kWriteExecuteAlias, at(*holders.writers.begin()), at(*holders.executors.rbegin()));
    // Registers of several devices may share a page, and each driver has its own mapping.
    const bool registers = std::ranges::all_of(std::array{*holders.all.begin(), *holders.all.rbegin()}, [&](size_t i) {
      return at(i).device && at(i).half() == Half::kKernel && !memory_.Holds(at(i).physical, kPageSize);
    });
    if (registers && holders.kernel.size() == holders.all.size()) return;
    if (holders.kernel.size() > 1) return say(Rule::kAlias, at(*holders.kernel.begin()), at(*holders.kernel.rbegin()));
    const Mapping& first = at(*holders.all.begin());
    if (holders.kernel.empty()) {
      if (!holders.writers.empty() && !expectations_.shared_memory) say(Rule::kAlias, first, at(*holders.all.rbegin()));
      return;
    }
    const Mapping& kernel = at(*holders.kernel.begin());
    const Region* region = RegionOf(kernel.address);
    const bool meant =
        holders.program_writers.empty() && (expectations_.regions.empty() || (region != nullptr && IsForBoth(region->name)));
    if (!meant) say(Rule::kAlias, kernel, first);
  }

  struct Stretch {
    u64 begin, end;
  };
  const Walk& walk_;
  const MemoryImage& memory_;
  const Expectations& expectations_;
  std::vector<Stretch> runs_;
  std::map<std::pair<Rule, std::string>, Violation> found_;
  Verdict verdict_;
};

}  // namespace

Verdict Judge(const Walk& walk, const MemoryImage& memory, const Expectations& expectations) {
  return Judgement(walk, memory, expectations).Run();
}

}  // namespace caponier::tool::audit
