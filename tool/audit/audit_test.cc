// Each thing that must not be in page tables, put there by hand, is found and called by its name; a sound machine passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "tool/audit/machine_for_test.h"

namespace caponier::link {
static void PrintTo(TableRule rule, std::ostream* out) { *out << NameOf(rule); }
}  // namespace caponier::link

namespace caponier::tool::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<Rule> Broken(const Verdict& verdict) {
  std::vector<Rule> rules;
  for (const Violation& violation : verdict.violations) rules.push_back(violation.rule);
  return rules;
}

class Audit : public testing::TestWithParam<Arch> {
 protected:
  // The rules that the machine breaks, with the kernel's list of regions and without.
  std::vector<Rule> Judged() const { return Judged(machine.expectations()); }
  std::vector<Rule> JudgedWithoutRegions() const { return Judged({.arch = machine.arch()}); }
  std::vector<Rule> Judged(const Expectations& expectations) const {
    FirstDiagnostic diagnostic;
    const Result<Walk> walk = machine.WalkNow(diagnostic);
    EXPECT_TRUE(walk.ok()) << diagnostic.what();
    if (!walk.ok()) return {};
    return Broken(Judge(walk.value(), machine.Memory(), expectations));
  }
  std::string Refusal() const {
    FirstDiagnostic diagnostic;
    return machine.WalkNow(diagnostic).ok() ? "" : std::string(diagnostic.what());
  }
  SoundMachineForTest machine{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(EachArchitecture, Audit, testing::Values(Arch::kX86_64, Arch::kAarch64),
                         [](const auto& arch) { return std::string(NameOf(arch.param)); });

TEST_P(Audit, PassesASoundMachine) {
  EXPECT_THAT(Judged(), IsEmpty());
  EXPECT_THAT(JudgedWithoutRegions(), IsEmpty());
  FirstDiagnostic diagnostic;
  const Verdict verdict = Judge(machine.WalkNow(diagnostic).value(), machine.Memory(), machine.expectations());
  EXPECT_EQ(verdict.kernel_pages, machine.x86() ? 9 : 8);
  EXPECT_EQ(verdict.program_pages, 5);
  EXPECT_EQ(verdict.aliases, 2);
}

TEST_P(Audit, FindsPagesThatAreWritableAndExecutable) {
  machine.Map({machine.code, machine.code_frame, true, true, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kWriteAndExecute));
  machine.Map({machine.code, machine.code_frame, false, true, true});
  machine.Map({machine.image, machine.text_frame, true, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kWriteAndExecute));
}

TEST_P(Audit, FindsFramesWritableHereAndExecutableThere) {
  machine.Map({0x6000'0000, machine.code_frame, true, false, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kWriteExecuteAlias));
  machine.EntryOf(0x6000'0000) = 0;
  machine.Map({machine.stack + 0x1000, machine.text_frame, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kWriteExecuteAlias));
  EXPECT_THAT(JudgedWithoutRegions(), ElementsAre(Rule::kWriteExecuteAlias));
}

TEST_P(Audit, FindsWritableCodeThroughALargePage) {
  const u64 large = machine.kernel() + 0x6000'0000'0000;
  machine.EntryOf(large, 1) = machine.x86() ? machine.base() | 0x83 | u64{1} << 63 : machine.base() | 0x401 | u64{3} << 53;
  const std::vector<Rule> rules = Judged();
  for (const Rule rule : {Rule::kWriteExecuteAlias, Rule::kPageTable, Rule::kAlias, Rule::kUnknownRegion})
    EXPECT_THAT(rules, testing::Contains(rule));
}

TEST_P(Audit, FindsFramesAtTwoPlaces) {
  machine.Map({0x6000'0000, machine.data_frame, true, false, true});  // both the program's
  EXPECT_THAT(Judged(), ElementsAre(Rule::kAlias));
  EXPECT_THAT(Judged({.regions = machine.regions, .arch = machine.arch(), .shared_memory = true}), IsEmpty());
  machine.Map({0x6000'0000, machine.code_frame, false, false, true});  // read-only: two views of one file
  EXPECT_THAT(Judged(), IsEmpty());
  machine.EntryOf(0x6000'0000) = 0;
  machine.Map({machine.stack, machine.EntryOf(machine.stack + 0x1000) & 0xffff'ffff'f000, true});  // both the kernel's
  EXPECT_THAT(Judged(), ElementsAre(Rule::kAlias));
  EXPECT_THAT(JudgedWithoutRegions(), ElementsAre(Rule::kAlias));
  machine.Map({machine.stack, machine.data_frame, true});  // the kernel's and the program's
  EXPECT_THAT(Judged(), ElementsAre(Rule::kAlias));
  EXPECT_THAT(JudgedWithoutRegions(), ElementsAre(Rule::kAlias));
}

TEST_P(Audit, OnlyTheVdsoIsForBothHalvesAndTheProgramMayNotWriteIt) {
  machine.Map({0x6000'0000, machine.EntryOf(machine.stack) & 0xffff'ffff'f000, false, false, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kAlias));
  machine.EntryOf(0x6000'0000) = 0;
  machine.Map({0x5000'0000, machine.vdso_data_frame, true, false, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kAlias));
}

TEST_P(Audit, FindsMappedPageTables) {
  for (const u64 table : {machine.TableOf(machine.code), machine.TableOf(machine.stack), machine.TableOf(machine.stack, 2),
                          machine.root(machine.code)}) {
    machine.Map({machine.stack + 0x1000, table, true});
    EXPECT_THAT(Judged(), ElementsAre(Rule::kPageTable));
    machine.Map({machine.stack + 0x1000, table});  // to read is too much as well
    EXPECT_THAT(Judged(), UnorderedElementsAre(Rule::kPageTable, Rule::kMixedRights));
  }
}

TEST_P(Audit, TheWindowsTableMapsNothingAtAQuietMoment) {
  machine.Map({machine.windows + 0x3000, machine.NewFrame(), true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kGate));
}

TEST_P(Audit, TheWindowsTableIsMappedToBeReadAtMost) {
  machine.Map({machine.window_table, machine.TableOf(machine.windows)});
  EXPECT_EQ(Judged(), machine.x86() ? std::vector<Rule>{} : std::vector{Rule::kPageTable});
  machine.Map({machine.window_table, machine.TableOf(machine.windows), true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kPageTable));
  machine.Map({machine.window_table, machine.TableOf(machine.windows, 1)});  // not the windows' own
  EXPECT_THAT(Judged(), ElementsAre(Rule::kPageTable));
  machine.Map({machine.window_table, machine.TableOf(machine.stack)});  // of pages, but not of windows
  EXPECT_THAT(Judged(), ElementsAre(Rule::kPageTable));
  machine.EntryOf(machine.window_table) = 0;
  EXPECT_THAT(Judged(), IsEmpty());
}

TEST_P(Audit, TheWindowsTableIsMappedOnceAndWhereTheKernelSays) {
  machine.Map({machine.vdso, machine.TableOf(machine.windows)});
  EXPECT_THAT(Judged(), testing::Contains(Rule::kPageTable));
  EXPECT_THAT(JudgedWithoutRegions(), testing::Contains(Rule::kPageTable));
  if (machine.x86()) machine.EntryOf(machine.window_table) = 0;
  EXPECT_THAT(Judged(), testing::Contains(Rule::kPageTable));
  // Nobody says where: then one such mapping may be it, on the machine that has one.
  EXPECT_EQ(std::ranges::count(JudgedWithoutRegions(), Rule::kPageTable), machine.x86() ? 0 : 1);
}

TEST_P(Audit, FindsPagesOfTheWrongHalf) {
  machine.Map({machine.stack, machine.NewFrame(), true, false, true});
  EXPECT_THAT(Judged(), testing::Contains(Rule::kKernelForProgram));
  machine.Map({machine.stack, machine.NewFrame(), true});
  machine.Map({machine.data, machine.data_frame, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kProgramWithoutRight));
}

TEST_P(Audit, FindsPagesWhereNothingMayStand) {
  for (const u64 address : {u64{0}, u64{0xf000}, machine.program_end() - kPageSize}) {
    machine.Map({address, machine.NewFrame(), false, false, true});
    EXPECT_THAT(Judged(), ElementsAre(Rule::kNothingHere)) << std::hex << address;
    machine.EntryOf(address) = 0;
  }
  machine.Map({~u64{0xfff}, machine.NewFrame()});
  EXPECT_THAT(Judged(), UnorderedElementsAre(Rule::kNothingHere, Rule::kUnknownRegion));
  machine.EntryOf(~u64{0xfff}) = 0;
  machine.Map({0x10000, machine.NewFrame(), false, false, true});
  EXPECT_THAT(Judged(), IsEmpty());
}

TEST_P(Audit, FindsRegionsWithoutAGuard) {
  machine.Map({machine.image + 0x3000, machine.NewFrame()});  // behind the image's data: read-only
  EXPECT_THAT(Judged(), UnorderedElementsAre(Rule::kGuard, Rule::kUnknownRegion));
  EXPECT_THAT(JudgedWithoutRegions(), ElementsAre(Rule::kGuard));
  machine.EntryOf(machine.image + 0x3000) = 0;
  machine.regions.back().begin -= kPageSize;
  machine.regions.insert(machine.regions.end() - 1, {"heap arena", machine.stack - 0x3000, machine.stack - 0x1000});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kGuard));  // the list itself has them side by side
}

TEST_P(Audit, FindsPagesThatTheKernelDoesNotKnowOf) {
  machine.Map({machine.kernel() + 0x6666'6666'6000, machine.NewFrame(), true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kUnknownRegion));
  EXPECT_THAT(JudgedWithoutRegions(), IsEmpty());
}

TEST_P(Audit, HoldsTheKernelsSegmentsAgainstItsPages) {
  const std::vector<Region> segments = {{"kernel image", machine.image, machine.image + 0x1000, false, true},
                                        {"kernel image", machine.image + 0x1000, machine.image + 0x2000},
                                        {"kernel image", machine.image + 0x2000, machine.image + 0x3000, true}};
  const auto judged = [&] { return Judged({.regions = machine.regions, .segments = segments, .arch = machine.arch()}); };
  EXPECT_THAT(judged(), IsEmpty());
  machine.Map({machine.image + 0x1000, machine.NewFrame(), true});  // writable constants
  EXPECT_THAT(judged(), ElementsAre(Rule::kMoreRights));
  machine.Map({machine.image + 0x1000, machine.NewFrame(), false, true});  // executable constants
  EXPECT_THAT(judged(), ElementsAre(Rule::kMoreRights));
}

TEST_P(Audit, HoldsTheProgramsMappingsAgainstItsPages) {
  std::vector<Region> mappings = {{"[vdso]", 0x5000'0000, 0x5000'2000, false, true},
                                  {"", machine.program_stack - 0x2000, machine.program_stack + 0x1000, true},
                                  {"/program", machine.code, machine.data, false, true},
                                  {"/program", machine.data, machine.data + 0x1000, true},
                                  {"", machine.data + 0x1000, machine.data + 0x2000, true}};
  const auto judged = [&] { return Judged({.regions = machine.regions, .mappings = mappings, .arch = machine.arch()}); };
  EXPECT_THAT(judged(), IsEmpty());
  mappings[2].execute = false;
  EXPECT_THAT(judged(), ElementsAre(Rule::kMoreRights));
  mappings[2].execute = true;
  mappings[3].write = false;
  EXPECT_THAT(judged(), UnorderedElementsAre(Rule::kMoreRights, Rule::kGuard));  // what is not writable has no zeroes behind it
  mappings[3].write = true;
  machine.Map({0x6000'0000, machine.NewFrame(), true, false, true});
  EXPECT_THAT(judged(), ElementsAre(Rule::kUnknownRegion));
  machine.EntryOf(0x6000'0000) = 0;
  mappings.push_back({"", machine.data + 0x2000, machine.data + 0x3000, true});
  EXPECT_THAT(judged(), IsEmpty());  // a piece of the one before, for all that can be seen
  mappings.back().name = "[stack]";
  EXPECT_THAT(judged(), ElementsAre(Rule::kGuard));
}

TEST_P(Audit, FindsPagesOutsideMemory) {
  machine.Map({machine.stack, 0xfee0'1000, true});  // cached
  EXPECT_THAT(Judged(), ElementsAre(Rule::kOutsideMemory));
  machine.Map({machine.stack, machine.NewFrame(), true});
  machine.Map({machine.data, 0xfee0'1000, true, false, true, true});  // a device's, given to the program
  EXPECT_THAT(Judged(), ElementsAre(Rule::kOutsideMemory));
}

TEST_P(Audit, SharedRegistersAreNoAlias) {
  machine.Map({machine.stack + 0x1000, 0xfee0'0000, true, false, false, true});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kMixedRights));  // that they are in a stack is wrong
  machine.Map({machine.stack + 0x1000, machine.data_frame, true, false, false, true});
  EXPECT_THAT(Judged(), UnorderedElementsAre(Rule::kMixedRights, Rule::kAlias));  // memory is an alias, cached or not
}

TEST_P(Audit, FindsAnImageOutOfOrder) {
  machine.Map({machine.image + 0x1000, machine.NewFrame(), true});  // writable constants
  machine.Map({machine.image + 0x2000, machine.NewFrame()});
  EXPECT_THAT(Judged(), ElementsAre(Rule::kMixedRights));
  EXPECT_THAT(JudgedWithoutRegions(), ElementsAre(Rule::kGuard));
}

TEST_P(Audit, RefusesTablesThatCannotBeWalked) {
  u64& root_entry = machine.EntryOf(machine.code, 3);
  const u64 sound = root_entry;
  root_entry = (sound & 0xfff) | (machine.base() + MachineForTest::kPages * kPageSize);
  EXPECT_EQ(Refusal(), "an entry leads to a table outside memory");
  root_entry = (sound & 0xfff) | machine.root(machine.code);  // a loop
  EXPECT_EQ(Refusal(), "an entry leads to a table that was reached before");
  root_entry = (sound & 0xfff) | (machine.EntryOf(machine.program_stack, 3) & 0xffff'ffff'f000);  // another's
  EXPECT_EQ(Refusal(), "an entry leads to a table that was reached before");
  root_entry = machine.x86() ? sound | 0x80 : sound & ~u64{2};
  EXPECT_EQ(Refusal(), "a large page where none can be");
  root_entry = sound;
  EXPECT_EQ(Refusal(), "");
}

TEST_P(Audit, RefusesMorePagesThanMemoryAccountsFor) {
  const u64 span = u64{1} << 21;
  for (u64 i = 0; i < 30; i++) {
    for (u64 page = 0; page < 512; page++)
      machine.Map({0x10'0000'0000 + i * span + page * kPageSize, machine.code_frame, false, false, true});
  }
  EXPECT_EQ(Refusal(), "more pages are mapped than memory can account for");
}

TEST(AuditX86, RightsOfUpperLevelsCount) {
  SoundMachineForTest machine(Arch::kX86_64);
  FirstDiagnostic diagnostic;
  const auto judged = [&] {
    return Broken(Judge(machine.WalkNow(diagnostic).value(), machine.Memory(), machine.expectations()));
  };
  machine.Map({machine.code, machine.code_frame, true, true, true});
  machine.EntryOf(machine.code, 2) &= ~u64{2};
  EXPECT_THAT(judged(), IsEmpty());  // not writable after all
  machine.EntryOf(machine.code, 2) |= 2;
  machine.EntryOf(machine.code, 3) |= u64{1} << 63;
  EXPECT_THAT(judged(), IsEmpty());  // nor executable
  machine.EntryOf(machine.code, 3) &= ~(u64{1} << 63 | 4);
  EXPECT_THAT(judged(), testing::Contains(Rule::kProgramWithoutRight));
}

TEST(AuditX86, AnAttributeBitOfALargePageIsNoAddress) {
  MachineForTest machine(Arch::kX86_64);
  machine.EntryOf(0x4000'0000, 1) = 0x20'0000 | 0x1087 | u64{1} << 63;
  FirstDiagnostic diagnostic;
  const Walk walk = machine.WalkNow(diagnostic).value();
  ASSERT_EQ(walk.mappings.size(), 1);
  EXPECT_EQ(walk.mappings[0].physical, 0x20'0000);
  EXPECT_EQ(walk.mappings[0].bytes, 0x20'0000);
}

TEST(AuditX86, ProtectionsInRegistersCount) {
  const SoundMachineForTest machine(Arch::kX86_64);
  const MemoryImage memory = machine.Memory();
  FirstDiagnostic diagnostic;
  X86Registers registers = machine.x86_registers();
  registers.cr0 &= ~u64{0x10000};
  EXPECT_THAT(Broken(Judge(WalkTables(memory, registers, diagnostic).value(), memory, machine.expectations())),
              ElementsAre(Rule::kProtection));
  registers = machine.x86_registers();
  registers.efer &= ~u64{0x800};  // everything is executable then
  EXPECT_THAT(Broken(Judge(WalkTables(memory, registers, diagnostic).value(), memory, machine.expectations())),
              testing::IsSupersetOf({Rule::kProtection, Rule::kWriteAndExecute}));
  registers.cr0 = 0;
  EXPECT_FALSE(WalkTables(memory, registers, diagnostic).ok());
}

TEST(AuditX86, WalksFiveLevels) {
  MachineForTest machine(Arch::kX86_64);
  machine.Map({0x1234'5000, machine.NewFrame(), true, false, true});
  const u64 root = machine.NewFrame();
  machine.At(root) = machine.root(0) | 7;
  machine.At(root + 8 * 511) = 0;
  X86Registers registers = machine.x86_registers();
  registers.cr3 = root, registers.cr4 |= 0x1000;
  FirstDiagnostic diagnostic;
  const Result<Walk> walk = WalkTables(machine.Memory(), registers, diagnostic);
  ASSERT_TRUE(walk.ok());
  ASSERT_EQ(walk.value().mappings.size(), 1);
  EXPECT_EQ(walk.value().mappings[0].address, 0x1234'5000);
  EXPECT_EQ(walk.value().program_end, u64{1} << 56);
}

TEST(AuditArm, RightsOfUpperLevelsCount) {
  SoundMachineForTest machine(Arch::kAarch64);
  FirstDiagnostic diagnostic;
  const auto judged = [&] {
    return Broken(Judge(machine.WalkNow(diagnostic).value(), machine.Memory(), machine.expectations()));
  };
  machine.Map({machine.code, machine.code_frame, true, true, true});
  machine.EntryOf(machine.code, 2) |= u64{1} << 62;  // APTable: read-only
  EXPECT_THAT(judged(), IsEmpty());
  machine.EntryOf(machine.code, 2) &= ~(u64{1} << 62);
  machine.EntryOf(machine.code, 3) |= u64{1} << 60;  // UXNTable
  EXPECT_THAT(judged(), IsEmpty());
  machine.EntryOf(machine.code, 3) &= ~(u64{1} << 60);
  EXPECT_THAT(judged(), ElementsAre(Rule::kWriteAndExecute));
  machine.Map({machine.code, machine.code_frame, false, true, true});
  machine.EntryOf(machine.code, 1) |= u64{1} << 61;  // APTable: not for EL0
  EXPECT_THAT(judged(), testing::AllOf(testing::Not(IsEmpty()), testing::Each(Rule::kProgramWithoutRight)));
}

TEST(AuditArm, FindsProgramPagesThatTheKernelMayExecute) {
  SoundMachineForTest machine(Arch::kAarch64);
  FirstDiagnostic diagnostic;
  const auto judged = [&] {
    return Broken(Judge(machine.WalkNow(diagnostic).value(), machine.Memory(), machine.expectations()));
  };
  machine.EntryOf(machine.code) &= ~(u64{1} << 53);
  EXPECT_THAT(judged(), IsEmpty());  // the tables above forbid it too
  for (const int level : {1, 2, 3}) machine.EntryOf(machine.code, level) &= ~(u64{1} << 59);
  EXPECT_THAT(judged(), ElementsAre(Rule::kKernelRunsProgram));
}

TEST(AuditArm, KernelCodeThatTheProgramMayExecuteIsTheProgramsToUse) {
  SoundMachineForTest machine(Arch::kAarch64);
  FirstDiagnostic diagnostic;
  machine.EntryOf(machine.image) &= ~(u64{1} << 54);
  for (const int level : {1, 2, 3}) machine.EntryOf(machine.image, level) &= ~(u64{1} << 60);
  EXPECT_THAT(Broken(Judge(machine.WalkNow(diagnostic).value(), machine.Memory(), machine.expectations())),
              ElementsAre(Rule::kKernelForProgram));
}

TEST(AuditArm, PagesThatHardwareMakesWritableAreWritable) {
  SoundMachineForTest machine(Arch::kAarch64);
  const MemoryImage memory = machine.Memory();
  ArmRegisters registers = machine.arm_registers();
  machine.EntryOf(machine.code) |= u64{1} << 51;
  FirstDiagnostic diagnostic;
  EXPECT_TRUE(Judge(WalkTables(memory, registers, diagnostic).value(), memory, machine.expectations()).clean());
  registers.tcr |= u64{1} << 40;
  EXPECT_THAT(Broken(Judge(WalkTables(memory, registers, diagnostic).value(), memory, machine.expectations())),
              ElementsAre(Rule::kWriteAndExecute));
}

TEST(AuditArm, RefusesOtherFormats) {
  const SoundMachineForTest machine(Arch::kAarch64);
  const MemoryImage memory = machine.Memory();
  const auto refusal = [&](auto change) {
    ArmRegisters registers = machine.arm_registers();
    change(registers);
    FirstDiagnostic diagnostic;
    return WalkTables(memory, registers, diagnostic).ok() ? "" : std::string(diagnostic.what());
  };
  EXPECT_EQ(refusal([](ArmRegisters& r) { r.sctlr = 0; }), "the machine does not use page tables");
  EXPECT_EQ(refusal([](ArmRegisters& r) { r.tcr |= u64{1} << 59; }), "page tables with 52-bit addresses");
  EXPECT_EQ(refusal([](ArmRegisters& r) { r.tcr |= u64{1} << 14; }), "page tables with another granule than 4 KiB");
  EXPECT_EQ(refusal([](ArmRegisters& r) { r.tcr &= ~u64{63}; }), "an address size that no processor has");
  EXPECT_EQ(refusal([](ArmRegisters& r) { r.ttbr1 = 0; }), "an entry leads to a table outside memory");
}

TEST(AuditDump, ReadsACoreFileAndRefusesBrokenOnes) {
  const SoundMachineForTest machine(Arch::kAarch64);
  const std::vector<std::byte> core = machine.Core();
  FirstDiagnostic diagnostic;
  const Result<MemoryImage> memory = MemoryImage::FromCore(core, diagnostic);
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory.value().bytes(), MachineForTest::kPages * kPageSize);
  EXPECT_TRUE(
      Judge(WalkTables(memory.value(), machine.arm_registers(), diagnostic).value(), memory.value(), machine.expectations())
          .clean());
  const auto refusal = [](Bytes file) {
    FirstDiagnostic why;
    return MemoryImage::FromCore(file, why).ok() ? "" : std::string(why.what());
  };
  EXPECT_EQ(refusal({}), "not an ELF file");
  EXPECT_EQ(refusal(Bytes(core).first(80)), "its program headers are cut off");
  EXPECT_EQ(refusal(Bytes(core).first(core.size() - 1)), "a piece of memory is cut off");
  const auto broken = [&](size_t at, u8 value) {
    std::vector<std::byte> file = core;
    file[at] = static_cast<std::byte>(value);
    return refusal(file);
  };
  EXPECT_EQ(broken(elf::kIdentClass, 1), "not a 64-bit little-endian file");
  EXPECT_EQ(broken(offsetof(elf::Header, type), 2), "not a core file");
  EXPECT_EQ(broken(offsetof(elf::Header, phentsize), 32), "a program header of another size");
  EXPECT_EQ(broken(offsetof(elf::Header, phnum), 0), "no memory in it");
  EXPECT_EQ(broken(offsetof(elf::Header, phnum) + 1, 5), "more pieces of memory than a dump has");
}

TEST(AuditDump, MemoryMayNotOverlapNorWrap) {
  const std::vector<std::byte> bytes(0x2000);
  MemoryImage memory;
  EXPECT_TRUE(memory.Add(0x1000, bytes));
  EXPECT_FALSE(memory.Add(0x2000, bytes));
  EXPECT_FALSE(memory.Add(~u64{0xfff}, bytes));
  EXPECT_TRUE(memory.Holds(0x1000, 0x2000));
  EXPECT_FALSE(memory.Holds(0x1000, 0x2001));
  EXPECT_FALSE(memory.Holds(0xfff, 1));
  EXPECT_FALSE(memory.Word(0x3000).has_value());
  EXPECT_FALSE(memory.Word(~u64{7}).has_value());
}

}  // namespace
}  // namespace caponier::tool::audit
