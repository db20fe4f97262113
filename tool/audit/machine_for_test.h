// Small machines for tests, with page tables built by hand from the manuals.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "lib/elf/format.h"
#include "tool/arch.h"
#include "tool/audit/rules.h"

namespace caponier::tool::audit {

struct PageForTest {
  u64 address, physical;
  bool write = false, execute = false, program = false, device = false;
};

class MachineForTest {
 public:
  static constexpr u64 kPages = 256;
  explicit MachineForTest(Arch arch)
      : arch_(arch), bytes_(kPages * kPageSize), low_(NewFrame()), high_(x86() ? low_ : NewFrame()) {}

  Arch arch() const { return arch_; }
  bool x86() const { return arch_ == Arch::kX86_64; }
  u64 base() const { return x86() ? 0 : kGiB; }
  u64 kernel() const { return x86() ? 0xffff'8000'0000'0000 : 0xffff'0000'0000'0000; }
  u64 program_end() const { return x86() ? 0x0000'8000'0000'0000 : 0x0001'0000'0000'0000; }
  u64 NewFrame() { return base() + next_++ * kPageSize; }
  u64& At(u64 physical) { return *reinterpret_cast<u64*>(bytes_.data() + (physical - base())); }
  u64 root(u64 address) const { return address >> 63 != 0 ? high_ : low_; }

  // The entry that serves `address` in the table of that level, whose tables above are made as needed.
  u64& EntryOf(u64 address, int level = 0) {
    u64 table = root(address);
    for (int at = 3; at > level; at--) {
      u64& entry = At(table + 8 * (address >> (12 + 9 * at) & 511));
      if (entry == 0) entry = NewFrame() | (x86() ? 7 : 3 | (address >> 63 != 0 ? u64{1} << 60 : u64{1} << 59));
      table = entry & 0xffff'ffff'f000;
    }
    return At(table + 8 * (address >> (12 + 9 * level) & 511));
  }
  u64 TableOf(u64 address, int level = 0) { return AlignDown(AddressOf(EntryOf(address, level)), kPageSize); }
  u64 EntryFor(const PageForTest& page) const {
    if (x86())
      return page.physical | 1 | (page.write ? 2 : 0) | (page.program ? 4 : 0) | (page.device ? 0x18 : 0) |
             (page.execute ? 0 : u64{1} << 63);
    const u64 kernel_executes = page.execute && !page.program ? 0 : u64{1} << 53;
    const u64 program_executes = page.execute && page.program ? 0 : u64{1} << 54;
    return page.physical | 0x403 | (page.write ? 0 : 0x80) | (page.program ? 0x40 : 0) | (page.device ? 4 : 0) | kernel_executes |
           program_executes;
  }
  void Map(const PageForTest& page) { EntryOf(page.address) = EntryFor(page); }

  MemoryImage Memory() const {
    MemoryImage memory;
    memory.Add(base(), std::as_bytes(std::span(bytes_)));
    return memory;
  }
  X86Registers x86_registers() const { return {.cr0 = 0x80010033, .cr3 = low_, .cr4 = 0x3000a0, .efer = 0xd01}; }
  ArmRegisters arm_registers() const {
    // 48 bits and 4 KiB in both halves; attribute 0 is normal memory, 1 a device's.
    return {.ttbr0 = low_, .ttbr1 = high_, .tcr = u64{16} | u64{16} << 16 | u64{2} << 30, .mair = 0x00ff, .sctlr = 0x80001};
  }
  Result<Walk> WalkNow(Diagnostics& diagnostics) const {
    const MemoryImage memory = Memory();
    return x86() ? WalkTables(memory, x86_registers(), diagnostics) : WalkTables(memory, arm_registers(), diagnostics);
  }

  // As dump-guest-memory writes it.
  std::vector<std::byte> Core() const {
    elf::Header header{};
    std::memcpy(header.ident, elf::kMagic, sizeof(elf::kMagic));
    header.ident[elf::kIdentClass] = elf::kClass64;
    header.ident[elf::kIdentData] = elf::kDataLittle;
    header.type = elf::kTypeCore;
    header.phoff = sizeof(header);
    header.phentsize = sizeof(elf::ProgramHeader);
    header.phnum = u16{1};
    elf::ProgramHeader segment{};
    segment.type = elf::kSegmentLoad;
    segment.offset = sizeof(header) + sizeof(segment);
    segment.paddr = base();
    segment.filesz = bytes_.size();
    std::vector<std::byte> file(sizeof(header) + sizeof(segment) + bytes_.size());
    std::memcpy(file.data(), &header, sizeof(header));
    std::memcpy(file.data() + sizeof(header), &segment, sizeof(segment));
    std::memcpy(file.data() + sizeof(header) + sizeof(segment), bytes_.data(), bytes_.size());
    return file;
  }

 private:
  u64 AddressOf(const u64& entry) const {
    return base() + static_cast<u64>(reinterpret_cast<const char*>(&entry) - bytes_.data());
  }
  Arch arch_;
  alignas(8) std::vector<char> bytes_;
  u64 next_ = 0;
  u64 low_, high_;
};

// The regions of a sound machine, and its pages.
struct SoundMachineForTest : MachineForTest {
  explicit SoundMachineForTest(Arch arch) : MachineForTest(arch) {
    const u64 half = MachineForTest::kernel();
    image = half + 0x1234'5000, stack = half + 0x7777'7000'0000, window_table = half + 0x2222'0000'0000;
    windows = half + 0x3333'0000'0000, vdso_data = half + 0x4444'0000'0000, vdso = half + 0x4555'0000'0000;
    registers = half + 0x5555'0000'0000, code = 0x1234'5678'9000, data = code + 0x1000, program_stack = 0x7fff'0000;
    Map({image, text_frame = NewFrame(), false, true});
    Map({image + 0x1000, NewFrame()});
    Map({image + 0x2000, NewFrame(), true});
    Map({stack, NewFrame(), true});
    Map({stack + 0x1000, NewFrame(), true});
    EntryOf(windows) = 0;
    if (x86()) Map({window_table, TableOf(windows)});
    vdso_data_frame = NewFrame(), vdso_frame = NewFrame();
    Map({vdso_data, vdso_data_frame, true});
    Map({vdso, vdso_frame});
    Map({registers, 0xfee0'0000, true, false, false, true});
    Map({code, code_frame = NewFrame(), false, true, true});
    Map({data, data_frame = NewFrame(), true, false, true});
    Map({program_stack, NewFrame(), true, false, true});
    Map({0x5000'0000, vdso_data_frame, false, false, true});
    Map({0x5000'1000, vdso_frame, false, true, true});
    regions = {{"kernel image", image, image + 0x3000}, {"window table", window_table, window_table + 0x1000},
               {"windows", windows, windows + 0x40000}, {"vDSO data", vdso_data, vdso_data + 0x1000},
               {"vDSO", vdso, vdso + 0x1000},           {"local APIC", registers, registers + 0x1000},
               {"kernel stack", stack, stack + 0x2000}};
  }
  Expectations expectations() const { return {.regions = regions, .arch = arch()}; }

  u64 image, stack, window_table, windows, vdso_data, vdso, registers, code, data, program_stack;
  u64 text_frame, vdso_data_frame, vdso_frame, code_frame, data_frame;
  std::vector<Region> regions;
};

}  // namespace caponier::tool::audit
