// The kernel's list of regions, from a machine and a file made by hand; and each way in which it can be no list.
#include "tool/audit/kernel_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lib/elf/builder_for_test.h"
#include "tool/audit/machine_for_test.h"
#include "tool/audit/watched_machine.h"

namespace caponier::tool::audit {
namespace {

constexpr u64 kListOffset = 0x2010, kCountOffset = 0x2018;  // in the image's data
constexpr std::string_view kSymbols("\0_ZN8caponier2mm12_GLOBAL__N_19g_regionsE\0_ZN8caponier2mm12_GLOBAL__N_17g_countE", 81);

// Code, constants and data from address 0 on, and the two symbols.
elf::FileForTest KernelFile() {
  elf::FileForTest file = elf::MakeFile({elf::SegmentForTest(elf::kSegmentLoad, 5, 0x1000, 0, 0x800, 0x800, 0x1000),
                                         elf::SegmentForTest(elf::kSegmentLoad, 4, 0x2000, 0x1000, 0x800, 0x800, 0x1000),
                                         elf::SegmentForTest(elf::kSegmentLoad, 6, 0x2800, 0x2000, 0x100, 0x900, 0x1000)},
                                        0x3000);
  file.header().shoff = 0x800;
  file.header().shnum = 3;
  auto& symbols = file.At<elf::SectionHeader>(0x800 + 64);
  symbols.type = elf::kSectionSymbols;
  symbols.offset = 0x900;
  symbols.size = 3 * sizeof(elf::SymbolRecord);
  symbols.entsize = sizeof(elf::SymbolRecord);
  symbols.link = 2;
  auto& names = file.At<elf::SectionHeader>(0x800 + 128);
  names.type = elf::kSectionStrings;
  names.offset = 0xa00;
  names.size = kSymbols.size();
  std::memcpy(file.bytes.data() + 0xa00, kSymbols.data(), kSymbols.size());
  for (const u64 i : {1, 2}) {
    auto& record = file.At<elf::SymbolRecord>(0x900 + i * sizeof(elf::SymbolRecord));
    record.name = static_cast<u32>(i == 1 ? 1 : kSymbols.find('\0', 1) + 1);
    record.info = 1;  // an object
    record.shndx = u16{1};
    record.value = i == 1 ? kListOffset : kCountOffset;
    record.size = 8;
  }
  return file;
}

// A sound machine whose image holds the list of two regions, which lies in the stack's page.
struct ListedMachine : SoundMachineForTest {
  ListedMachine() : SoundMachineForTest(Arch::kX86_64) {
    frame = EntryOf(stack) & 0xffff'ffff'f000;
    data = EntryOf(image + 0x2000) & 0xffff'ffff'f000;
    names = EntryOf(image + 0x1000) & 0xffff'ffff'f000;
    At(data + kListOffset - 0x2000) = stack;
    At(data + kCountOffset - 0x2000) = 2;
    std::memcpy(&At(names), "kernel image\0...kernel stack", 29);
    Put(0, image, 3, image + 0x1000);
    Put(1, stack, 2, image + 0x1010);
  }
  void Put(u64 index, u64 begin, u64 pages, u64 name) {
    At(frame + 32 * index) = begin >> kPageBits;
    At(frame + 32 * index + 8) = pages;
    At(frame + 32 * index + 16) = name;
  }
  std::string Refusal(const elf::FileForTest& file = KernelFile()) {
    FirstDiagnostic diagnostic;
    const Walk walk = WalkNow(diagnostic).value();
    return ReadKernelRegions(walk, Memory(), file.view(), diagnostic).ok() ? "" : std::string(diagnostic.what());
  }
  u64 frame, data, names;
};

TEST(KernelRegions, AreReadByName) {
  ListedMachine machine;
  FirstDiagnostic diagnostic;
  const Walk walk = machine.WalkNow(diagnostic).value();
  const Result<std::vector<Region>> regions = ReadKernelRegions(walk, machine.Memory(), KernelFile().view(), diagnostic);
  ASSERT_TRUE(regions.ok()) << diagnostic.what();
  ASSERT_EQ(regions.value().size(), 2);
  EXPECT_EQ(regions.value()[0].name, "kernel image");
  EXPECT_EQ(regions.value()[1].name, "kernel stack");
  EXPECT_EQ(regions.value()[1].begin, machine.stack);
  EXPECT_EQ(regions.value()[1].end, machine.stack + 0x2000);
}

TEST(KernelRegions, RefusesWhatIsNoList) {
  const auto refusal = [](const std::function<void(ListedMachine&)>& change) {
    ListedMachine machine;
    change(machine);
    return machine.Refusal();
  };
  constexpr char kNotThere[] = "the kernel's list of regions is not where its symbols say";
  constexpr char kBroken[] = "a region of the kernel's list is broken",
                 kOrder[] = "the regions of the kernel's list are not in order";
  EXPECT_EQ(refusal([](ListedMachine&) {}), "");
  EXPECT_EQ(refusal([](ListedMachine& m) { m.At(m.data + kCountOffset - 0x2000) = 0; }), kNotThere);
  EXPECT_EQ(refusal([](ListedMachine& m) { m.At(m.data + kCountOffset - 0x2000) = ~u64{0}; }), kNotThere);
  EXPECT_EQ(refusal([](ListedMachine& m) { m.At(m.data + kCountOffset - 0x2000) = 1000; }), kBroken);  // zeroes behind the last
  EXPECT_EQ(refusal([](ListedMachine& m) { m.At(m.data + kListOffset - 0x2000) = 0; }), kBroken);
  EXPECT_EQ(refusal([](ListedMachine& m) { m.Put(1, m.stack, 2, m.image + 0x3000); }), kBroken);      // its name is not mapped
  EXPECT_EQ(refusal([](ListedMachine& m) { m.At(m.names + 16) = 0x0a0a0a0a; }), kBroken);             // no text
  EXPECT_EQ(refusal([](ListedMachine& m) { std::memset(&m.At(m.names + 16), 'x', 100); }), kBroken);  // without end
  EXPECT_EQ(refusal([](ListedMachine& m) { m.Put(1, m.image, 2, m.image + 0x1000); }), kOrder);
  EXPECT_EQ(refusal([](ListedMachine& m) { m.Put(1, m.stack, ~u64{0}, m.image + 0x1000); }), kOrder);
  EXPECT_EQ(refusal([](ListedMachine& m) { m.Put(0, m.code, 2, m.image + 0x1000); }), kOrder);
  EXPECT_EQ(refusal([](ListedMachine& m) { m.Put(0, m.image + 0x1000, 2, m.image + 0x1000); }),
            "the kernel's list of regions does not have its image");
  EXPECT_EQ(refusal([](ListedMachine& m) { m.EntryOf(m.image) = 0; }), "the kernel's list of regions cannot be found");
}

TEST(KernelRegions, RefusesAFileWithoutWhatIsNeeded) {
  ListedMachine machine;
  elf::FileForTest file = KernelFile();
  file.header().shnum = 0;
  EXPECT_NE(machine.Refusal(file), "");
  file = KernelFile();
  file.At<elf::SymbolRecord>(0x900 + sizeof(elf::SymbolRecord)).shndx = u16{0};
  EXPECT_EQ(machine.Refusal(file), "the kernel's list of regions cannot be found");
}

TEST(KernelRegions, SegmentsHaveTheRightsOfTheFile) {
  const ListedMachine machine;
  FirstDiagnostic diagnostic;
  const Walk walk = machine.WalkNow(diagnostic).value();
  elf::FileForTest file = KernelFile();
  const Result<std::vector<Region>> segments = ReadImageSegments(walk, file.view(), diagnostic);
  ASSERT_TRUE(segments.ok());
  ASSERT_EQ(segments.value().size(), 3);
  EXPECT_EQ(segments.value()[0].begin, machine.image);
  EXPECT_EQ(segments.value()[2].end, machine.image + 0x3000);
  EXPECT_TRUE(segments.value()[0].execute && !segments.value()[0].write);
  EXPECT_TRUE(!segments.value()[1].execute && !segments.value()[1].write);
  EXPECT_TRUE(!segments.value()[2].execute && segments.value()[2].write);
  file.header().phoff = ~u64{0};
  EXPECT_FALSE(ReadImageSegments(walk, file.view(), diagnostic).ok());
  EXPECT_FALSE(ReadImageSegments(walk, file.view().first(10), diagnostic).ok());
}

TEST(ProbesWords, AreParsed) {
  const std::optional<Place> place = ParsePlace("place first mapping 0x7fff1000");
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->name, "first mapping");
  EXPECT_EQ(place->address, 0x7fff1000);
  EXPECT_FALSE(ParsePlace("moment loaded").has_value());
  EXPECT_FALSE(ParsePlace("place ").has_value());
  const std::optional<Region> mapping = ParseMapping("map 5000000-5002000 rw-p 00001000 00:01 12                     /probe");
  ASSERT_TRUE(mapping.has_value());
  EXPECT_EQ(mapping->name, "/probe");
  EXPECT_EQ(mapping->begin, 0x5000000);
  EXPECT_EQ(mapping->end, 0x5002000);
  EXPECT_TRUE(mapping->write && !mapping->execute);
  EXPECT_EQ(ParseMapping("map 5000000-5002000 r-xp 00000000 00:00 0 ")->name, "");
  EXPECT_FALSE(ParseMapping("map 5000000").has_value());
}

}  // namespace
}  // namespace caponier::tool::audit
