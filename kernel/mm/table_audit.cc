// How one pass tells what a frame is at all its places: its bookkeeping remembers, for this walk, how it was met before. So each pair of places is
// judged when the second is met, without memory of the walk's own. Frames without bookkeeping are the image's, which may stand at their place
// in the image only, and devices' registers, which are no memory.
#include "kernel/mm/table_audit.h"

#include <string_view>

#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/init.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/mm/window.h"
#include "kernel/report/crash.h"
#include "lib/base/format.h"
#include "lib/link/table_rules.h"

namespace caponier::mm {
namespace {

constexpr u64 kEntries = 512;
constexpr u64 kLowestAddress = 64 * kKiB;

using Rule = link::TableRule;

class Auditor {
 public:
  TableCounts Run() {
    number_ = NextWalk();
    const PhysAddr program = arch::ProgramRoot(), kernel = arch::KernelRoot();
    const Gate gate;
    WalkTable(program, top_, 0);
    if constexpr (!arch::kSharedRoot) WalkTable(kernel, top_, arch::KernelBase());
    return counts_;
  }

 private:
  void Require(bool holds, Rule rule) const {
    if (!holds) [[unlikely]]
      Violated(NameOf(rule));
  }
  [[noreturn, gnu::noinline]] void Violated(std::string_view rule) const {
    InlineText<160> text;
    Format(text, "page tables: {}", rule);
    if (const RegionName region = DescribeAddress(address_); region.name != nullptr)
      Format(text, ": {}{} at offset {}", region.guard ? "the guard of " : "", region.name, region.offset);
    report::Panic(text.text());
  }

  void WalkTable(PhysAddr table, int level, u64 address) {
    address_ = address;
    MeetTable(table);
    counts_.tables++;
    path_[level] = table;
    Window window(table, Window::kRead);
    const u64* entries = window.as<u64>();
    for (u64 i = 0; i < kEntries; i += 8) {
      const u64* e = entries + i;
      if ((e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]) == 0) continue;
      for (u64 j = i; j < i + 8; j++) {
        if (!arch::IsPresent(entries[j])) continue;
        u64 below = address + (j << (kPageBits + 9 * level));
        if (arch::kSharedRoot && level == top_ && j >= kEntries / 2) below |= arch::KernelBase();
        address_ = below;
        if (!arch::IsTableOrPage(entries[j], level)) Violated("a large page");
        if (level > 0) {
          WalkTable(arch::EntryAddress(entries[j]), level - 1, below);
        } else if (below >= arch::KernelBase()) {
          LookAtKernelPage(entries[j]);
        } else {
          LookAtProgramPage(entries[j]);
        }
      }
    }
  }

  void LookAtKernelPage(u64 entry) {
    const PageFlags flags = arch::EntryFlags(entry);
    if (address_ >= end_) EnterRegion();
    Require(address_ >= begin_, Rule::kUnknownRegion);
    const boot::PlacedRegion& windows = boot::g_handoff.window;
    if (address_ - windows.begin < windows.pages * kPageSize) {  // those by which this walk reads
      bool own = false;
      for (const PhysAddr table : path_) own |= table == arch::EntryAddress(entry);
      return Require(own && !flags.write, Rule::kGate);
    }
    counts_.kernel_pages++;
    Require(!flags.user && !arch::OthersExecute(entry), Rule::kKernelForProgram);
    Require(!(flags.write && flags.execute), Rule::kWriteAndExecute);
    Require(address_ < arch::kKernelEnd, Rule::kNothingHere);
    if (arch::kWindowTableMapped && address_ == boot::g_handoff.window_table.begin)
      return Require(!flags.write, Rule::kPageTable);
    const PhysAddr frame = arch::EntryAddress(entry);
    const u64 in_image = frame.value - boot::g_handoff.info.image.base.value;
    if (in_image < boot::g_handoff.info.image.bytes) return LookAtImage(in_image, flags);
    Require(!flags.execute, Rule::kMoreRights);
    if (FindInfo(frame) == nullptr) return Require(flags.device || !flags.write, Rule::kOutsideMemory);
    Meet(frame, kOfKernel, flags);
  }

  void LookAtImage(u64 offset, PageFlags flags) {
    const u64 page = offset / kPageSize, text = boot::g_handoff.image_text_pages, rodata = boot::g_handoff.image_rodata_pages;
    Require(address_ == boot::g_handoff.image.begin + offset, Rule::kAlias);
    Require(flags.execute == (page < text) && flags.write == (page >= text + rodata), Rule::kMoreRights);
  }

  void LookAtProgramPage(u64 entry) {
    const PageFlags flags = arch::EntryFlags(entry);
    counts_.program_pages++;
    Require(flags.user, Rule::kProgramWithoutRight);
    Require(!arch::OthersExecute(entry), Rule::kKernelRunsProgram);
    Require(address_ >= kLowestAddress && address_ < arch::kUserEnd, Rule::kNothingHere);
    if (mapping_ == nullptr || address_ >= mapping_->end) mapping_ = AddressSpace::Active()->Find(address_);
    Require(mapping_ != nullptr, Rule::kUnknownRegion);
    Require(wx_off_ || !(flags.write && flags.execute), Rule::kWriteAndExecute);
    Require((mapping_->protection.write || !flags.write) && (mapping_->protection.execute || !flags.execute), Rule::kMoreRights);
    Require(FindInfo(arch::EntryAddress(entry)) != nullptr, Rule::kOutsideMemory);
    Meet(arch::EntryAddress(entry), !flags.write ? 0 : mapping_->shared ? kProgramWrites : kProgramWrites | kAlone, flags);
  }

  void EnterRegion() {
    const KernelRegion next = RegionAbove(address_);
    Require(end_ == 0 || next.begin >= end_ + kPageSize, Rule::kGuard);
    begin_ = next.begin;
    end_ = next.end();
  }

  // How a frame was met. kAlone: the program writes it through a mapping that it shares with no other.
  static constexpr u8 kIsTable = 1, kIsPage = 2, kIsWritten = 4, kIsExecuted = 8, kOfKernel = 16, kProgramWrites = 32,
                      kAlone = 64;

  void Meet(PhysAddr frame, u8 by_whom, PageFlags flags) {
    const u8 how = kIsPage | by_whom | (flags.write ? kIsWritten : 0) | (flags.execute ? kIsExecuted : 0);
    const u8 before = Note(frame, how), all = before | how;
    Require((before & kIsTable) == 0, Rule::kPageTable);
    Require(!Both(all, kIsWritten, kIsExecuted) || (wx_off_ && (all & kOfKernel) == 0), Rule::kWriteExecuteAlias);
    Require((before & how & kOfKernel) == 0 && !Both(all, kOfKernel, kProgramWrites) && (before == 0 || (all & kAlone) == 0),
            Rule::kAlias);
  }
  void MeetTable(PhysAddr table) {
    Require(FindInfo(table) != nullptr, Rule::kOutsideMemory);
    Require(Note(table, kIsTable) == 0, Rule::kPageTable);
  }
  // What it was met as before.
  u8 Note(PhysAddr frame, u8 how) const {
    FrameInfo& info = *FindInfo(frame);
    const u8 before = info.walk == number_ ? info.met : 0;
    info.walk = number_;
    info.met = before | how;
    return before;
  }
  static bool Both(u8 met, u8 one, u8 other) { return (met & one) != 0 && (met & other) != 0; }

  TableCounts counts_;
  u16 number_ = 0;
  const int top_ = arch::PageTableLevels() - 1;
  PhysAddr path_[arch::kMostPageTableLevels] = {};
  u64 address_ = 0;                   // being looked at
  u64 begin_ = 0, end_ = 0;           // the kernel's region there
  const Mapping* mapping_ = nullptr;  // the program's there
  const bool wx_off_ = AddressSpace::Active()->policy().wx == WxPolicy::kOff;
};

}  // namespace

[[gnu::noinline]] TableCounts AuditTables() { return Auditor().Run(); }

}  // namespace caponier::mm
