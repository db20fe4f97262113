#include "tool/audit/foretelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "lib/aslr/program.h"
#include "lib/elf/format.h"
#include "lib/elf/symbols.h"
#include "lib/random/random.h"
#include "tool/failure.h"

namespace caponier::tool::audit {
namespace {

constexpr char kOpenSymbol[] =
    "_ZN8caponier6random6Stream4OpenERNS0_4RootENS0_6SeededENSt3__117basic_string_viewIcNS5_11char_traitsIcEEEE";
constexpr char kTakeUpSymbol[] = "_ZN8caponier6kernel6random12LayoutStreamEv", kHandoffSymbol[] = "_ZN8caponier4boot9g_handoffE",
               kLayoutSymbol[] = "_ZN8caponier6kernel6random12_GLOBAL__N_18g_layoutE", kEndSymbol[] = "__image_end";
constexpr int kBootLayout = 2;  // stage 1 opens the canary's stream first, then this one
// Where [qemu-virt] has memory; the image is loaded some blocks above, and begins with the header of Linux's boot protocol [linux-arm64-boot].
constexpr u64 kVirtMemoryBase = kGiB, kImageBlock = 2 * kMiB, kMagicOffset = 56, kBlocks = 16;
constexpr u32 kImageMagic = 0x644d5241;

// The C library's loader asks for 64 KiB more where a library wants to begin at a multiple of that, and gives back what it does not need.
constexpr u64 kCutAway = 16;
constexpr int kPlaceDraws = 3;

using NothingTaken = aslr::RangeSet<1>;

u64 LoadBase(const MemoryImage& memory, Bytes kernel) {
  elf::Header header;
  elf::ProgramHeader first;
  std::memcpy(&header, kernel.data(), sizeof(header));
  std::memcpy(&first, kernel.data() + header.phoff, sizeof(first));
  if (first.paddr != first.vaddr) return first.paddr - first.vaddr;
  for (u64 base = kVirtMemoryBase; base < kVirtMemoryBase + kBlocks * kImageBlock; base += kImageBlock) {
    if (static_cast<u32>(memory.Word(base + kMagicOffset).value_or(0)) == kImageMagic) return base;
  }
  throw Failure("the machine's memory holds no kernel at its start");
}

// The pieces of one file are one, with what lies between them and what touches them: its image.
std::vector<Region> RunsOf(std::span<const Region> mappings) {
  std::vector<Region> runs;
  for (const Region& mapping : mappings) {
    const bool same_file = !runs.empty() && !mapping.name.empty() && runs.back().name == mapping.name;
    if (runs.empty() || (runs.back().end != mapping.begin && !same_file)) {
      runs.push_back(mapping);
    } else {
      runs.back().end = mapping.end;
    }
  }
  return runs;
}

u64 PagesIn(const Region& region) { return (region.end - region.begin) >> kPageBits; }

}  // namespace

// A generator, and a stream of it, going on from what the machine held. Neither holds a pointer but the stream's to its generator.
class Foretelling::Replay {
 public:
  explicit Replay(const State& root) { std::memcpy(root_, root.data(), sizeof(root_)); }
  explicit Replay(const Draw& draw) : Replay(draw.root) {
    std::memcpy(stream_, draw.stream.data(), sizeof(stream_));
    stream().Rebind(root());
  }
  random::Root& root() { return *std::launder(reinterpret_cast<random::Root*>(root_)); }
  random::Stream& stream() { return *std::launder(reinterpret_cast<random::Stream*>(stream_)); }

 private:
  alignas(random::Root) std::byte root_[sizeof(random::Root)];
  alignas(random::Stream) std::byte stream_[sizeof(random::Stream)];
};

Foretelling::Foretelling(Arch arch, Debugger& debugger, const MemoryImage& memory, Bytes kernel)
    : arch_(arch), debugger_(debugger) {
  (void)ProgramCounter();  // once the emulator answers, memory is loaded
  image_base_ = LoadBase(memory, kernel);
  FirstDiagnostic diagnostic;
  const Result<elf::SymbolTable> symbols = elf::SymbolTable::Open(kernel, diagnostic);
  if (!symbols.ok()) throw Failure("the kernel's file has no symbols");
  for (size_t i = 0; i < symbols.value().count(); i++) {
    const std::optional<elf::Symbol> symbol = symbols.value().At(i);
    if (!symbol.has_value()) continue;
    if (symbol->name == kOpenSymbol) open_ = symbol->value;
    if (symbol->name == kTakeUpSymbol) take_up_ = symbol->value;
    if (symbol->name == kLayoutSymbol && symbol->size == sizeof(random::Stream)) layout_ = symbol->value;
    if (symbol->name == kEndSymbol) image_pages_ = PagesFor(symbol->value);
    if (symbol->name == kHandoffSymbol) {
      handoff_ = symbol->value;
      handoff_bytes_ = symbol->size;
    }
  }
  if (open_ == 0 || take_up_ == 0 || layout_ == 0 || image_pages_ == 0 || handoff_bytes_ < sizeof(random::Root))
    throw Failure("the kernel draws its layout in another way than this audit knows");
  breakpoint_ = image_base_ + open_;
  debugger_.SetBreakpoint(breakpoint_);
}

// The generator is one of the arguments: the only address that leads into what stage 1 hands on.
void Foretelling::TakeBootRoot() {
  constexpr std::array<const char*, 3> kX86Arguments{"rdi", "rsi", "rdx"}, kArmArguments{"x0", "x1", "x2"};
  const u64 begin = image_base_ + handoff_, last = begin + handoff_bytes_ - sizeof(random::Root);
  for (const char* name : arch_ == Arch::kX86_64 ? kX86Arguments : kArmArguments) {
    const u64 value = debugger_.Register(name);
    if (value >= begin && value <= last) root_ = value - image_base_;
  }
  if (root_ == 0) throw Failure("the machine's random generator is not where this audit looks for it");
  boot_root_ = debugger_.Memory(image_base_ + root_, sizeof(random::Root));
  if (arch_ == Arch::kX86_64) halves_ = HalvesOf(arch_, X86Registers{.cr4 = debugger_.Register("cr4")}.levels());
}

u64 Foretelling::ProgramCounter() const { return debugger_.Register(arch_ == Arch::kX86_64 ? "rip" : "pc"); }

bool Foretelling::IsDrawing() const { return ProgramCounter() == breakpoint_; }

void Foretelling::OnDraw() {
  debugger_.ClearBreakpoint(breakpoint_);
  if (!boot_root_.empty()) {
    draws_.push_back({debugger_.Memory(image_base_ + root_, sizeof(random::Root)),
                      debugger_.Memory(image_base_ + layout_, sizeof(random::Stream))});
  } else if (++opened_ == kBootLayout) {
    TakeBootRoot();
  }
  debugger_.Step();
  if (!boot_root_.empty()) {
    // The image's place comes first, whatever the size of those behind it.
    const std::optional<aslr::KernelLayout> layout = BootLayout(1);
    if (!layout.has_value()) throw Failure("the machine's layout cannot be planned");
    image_base_ = layout->image.begin().value;
    breakpoint_ = image_base_ + take_up_;
  }
  debugger_.SetBreakpoint(breakpoint_);
  debugger_.Resume();
}

void Foretelling::End() { debugger_.ClearBreakpoint(breakpoint_); }

std::optional<aslr::KernelLayout> Foretelling::BootLayout(u64 frame_table_pages) const {
  Replay replay(boot_root_);
  const Result<random::Seeded> seeded = replay.root().Proof();
  if (!seeded.ok()) return std::nullopt;
  random::Stream stream = random::Stream::Open(replay.root(), seeded.value(), "boot layout");
  const Result<aslr::KernelLayout> layout = aslr::PlanKernel(
      stream,
      {.window = halves_.kernel, .image_pages = image_pages_, .frame_table_pages = frame_table_pages, .own = halves_.own});
  if (!layout.ok()) return std::nullopt;
  return layout.value();
}

// Whether one of the draws puts a region of that size there, or one that is larger by as many pages and has it inside. That one does by chance
// happens once in 2^35 times their number. A place that is taken is drawn again: the stretch kept for the program's break takes one in 2^15.
bool Foretelling::IsPlaced(const Region& region, aslr::PageRange window, u64 more_pages) const {
  const u64 begin = region.begin >> kPageBits, pages = PagesIn(region) + more_pages;
  return std::ranges::any_of(draws_, [&](const Draw& draw) {
    Replay replay(draw);
    for (int i = 0; i < kPlaceDraws; i++) {
      const Result<u64> page = aslr::Place(replay.stream(), {.pages = pages}, window, NothingTaken{});
      if (page.ok() && begin - page.value() <= more_pages) return true;
    }
    return false;
  });
}

bool Foretelling::IsProgram(const Program& program) const {
  return std::ranges::any_of(draws_, [&](const Draw& draw) {
    Replay replay(draw);
    const Result<aslr::ProgramLayout> layout =
        aslr::PlanProgram(replay.stream(), {.window = halves_.program,
                                            .image_pages = PagesIn(program.image),
                                            .interpreter_pages = PagesIn(program.interpreter),
                                            .vdso_pages = PagesIn(program.vdso)});
    return layout.ok() && layout.value().image_page == program.image.begin >> kPageBits &&
           layout.value().interpreter_page == program.interpreter.begin >> kPageBits &&
           layout.value().stack_page == program.stack.begin >> kPageBits &&
           layout.value().break_page == program.break_begin >> kPageBits &&
           layout.value().vdso_page == program.vdso.begin >> kPageBits;
  });
}

Foretold Foretelling::Judge(std::span<const Region> regions, std::span<const Region> mappings,
                            std::span<const Place> places) const {
  Foretold foretold;
  const auto note = [&](bool right, const std::string& name) {
    if (right) {
      foretold.right++;
    } else {
      foretold.wrong.push_back(name);
    }
  };
  const auto table = std::ranges::find(regions, "frame table", &Region::name);
  const std::optional<aslr::KernelLayout> boot = BootLayout(table == regions.end() ? 1 : PagesIn(*table));
  for (const Region& region : regions) {
    const std::array<std::pair<std::string_view, const aslr::PlacedRegion aslr::KernelLayout::*>, 7> kFirst{
        {{"kernel image", &aslr::KernelLayout::image},
         {"boot stack", &aslr::KernelLayout::boot_stack},
         {"frame table", &aslr::KernelLayout::frame_table},
         {"windows", &aslr::KernelLayout::windows},
         {"region table", &aslr::KernelLayout::region_table},
         {"window table", &aslr::KernelLayout::own},
         {"boot shadow stack", &aslr::KernelLayout::own}}};
    const auto first = std::ranges::find(kFirst, region.name, [](const auto& pair) { return pair.first; });
    note(first == kFirst.end() ? IsPlaced(region, halves_.kernel, 0)
                               : boot.has_value() && ((*boot).*(first->second)).begin().value == region.begin,
         region.name);
  }
  if (mappings.empty()) return foretold;
  const std::vector<Region> runs = RunsOf(mappings);
  Program program;
  const std::array<std::pair<std::string_view, Region*>, 4> kParts{
      {{"image", &program.image}, {"interpreter", &program.interpreter}, {"stack", &program.stack}, {"vDSO", &program.vdso}}};
  for (const auto& [name, part] : kParts) {
    const auto place = std::ranges::find(places, name, &Place::name);
    const auto run = std::ranges::find_if(runs, [&](const Region& one) {
      return place != places.end() && place->address >= one.begin && place->address < one.end;
    });
    if (run != runs.end()) *part = *run;
  }
  if (const auto place = std::ranges::find(places, "break", &Place::name); place != places.end())
    program.break_begin = place->address;
  note(IsProgram(program), "program");
  for (const Region& run : runs) {
    const bool planned = std::ranges::any_of(kParts, [&](const auto& pair) { return pair.second->begin == run.begin; });
    if (planned || run.name == "[heap]") continue;
    note(IsPlaced(run, halves_.program, 0) || IsPlaced(run, halves_.program, kCutAway),
         run.name.empty() ? "a mapping without a name" : run.name);
  }
  return foretold;
}

}  // namespace caponier::tool::audit
