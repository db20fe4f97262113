// Where a machine will put things, computed on this host from what its random generator holds just before it draws, by the planner and the
// generator that the kernel has too (lib/aslr, lib/random).
//
// The machine is an ordinary one: what it holds is read through the debugger's interface, that of the emulator it runs in, and its drawing is
// watched at two functions: where stage 1 opens the stream of the kernel's first layout, and where the kernel takes up the stream of all later
// places. What is computed here takes from the machine sizes, which the plan does not choose, and the generator's state; no address.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tool/arch.h"
#include "tool/audit/debugger.h"
#include "tool/audit/halves.h"
#include "tool/audit/memory_image.h"
#include "tool/audit/page_tables.h"
#include "tool/audit/rules.h"

namespace caponier::tool::audit {

// Where something of the program's stands, as it says.
struct Place {
  std::string name;
  u64 address = 0;
};

struct Foretold {
  u64 right = 0;                   // regions that stand where they must
  std::vector<std::string> wrong;  // the others
};

class Foretelling {
 public:
  // The machine is halted before its first instruction. `kernel` is the ELF file that it runs. Throws Failure when that has not the symbols.
  Foretelling(Arch arch, Debugger& debugger, const MemoryImage& memory, Bytes kernel);
  // Of a machine that is stopped: whether it is so by itself, in front of a draw.
  bool IsDrawing() const;
  // Then takes what it stopped for, and lets it go on.
  void OnDraw();
  // Of one that is stopped elsewhere: it does not stop by itself any more.
  void End();
  // The machine's.
  const Halves& halves() const { return halves_; }
  // Where things stand: the kernel's regions, the program's mappings in order (none: it is not asked), and what it says of itself.
  Foretold Judge(std::span<const Region> regions, std::span<const Region> mappings, std::span<const Place> places) const;

 private:
  using State = std::vector<std::byte>;
  // What the generator held when the kernel took up the stream of places.
  struct Draw {
    State root, stream;
  };
  class Replay;

  u64 ProgramCounter() const;
  void TakeBootRoot();
  std::optional<aslr::KernelLayout> BootLayout(u64 frame_table_pages) const;
  bool IsPlaced(const Region& region, aslr::PageRange window, u64 more_pages) const;
  // Whether one of the draws is the plan of such a program.
  struct Program {
    Region image, interpreter, stack, vdso;
    u64 break_begin = 0;
  };
  bool IsProgram(const Program& program) const;

  Arch arch_;
  Halves halves_ = HalvesOf(arch_, 4);
  Debugger& debugger_;
  u64 image_base_ = 0;  // where the image is executed: at its place in physical memory, and then at that of its layout
  u64 image_pages_ = 0, open_ = 0, take_up_ = 0, handoff_ = 0, handoff_bytes_ = 0, layout_ = 0;  // offsets in the image
  u64 root_ = 0;                                                                                 // likewise, once it was met
  int opened_ = 0;                                                                               // streams
  u64 breakpoint_ = 0;                                                                           // 0: none
  State boot_root_;
  std::vector<Draw> draws_;
};

}  // namespace caponier::tool::audit
