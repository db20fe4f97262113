#include "lib/aslr/budget.h"

namespace caponier::aslr {

std::string_view NameOf(Region region) {
  switch (region) {
    case Region::kKernelImage: return "kernel image";
    case Region::kKernelStack: return "kernel stack";
    case Region::kFrameTable: return "frame table";
    case Region::kWindows: return "windows";
    case Region::kPerCpu: return "per-CPU data";
    case Region::kDescriptorTables: return "descriptor tables";
    case Region::kPageTables: return "page tables";
    case Region::kDeviceRegisters: return "device registers";
    case Region::kDeviceRing: return "device ring";
    case Region::kHeapArena: return "heap arena";
    case Region::kShadowStack: return "shadow stack";
    case Region::kProgramImage: return "program image";
    case Region::kInterpreter: return "interpreter";
    case Region::kProgramStack: return "program stack";
    case Region::kBreak: return "program break";
    case Region::kVdso: return "vDSO";
    case Region::kMapping: return "n-th mapping";
    case Region::kCanary: return "stack canary";
  }
  return {};
}

}  // namespace caponier::aslr
