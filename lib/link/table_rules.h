// What must not be found in a machine's page tables (docs/address-space.md), by name: the kernel's own walk and the tool's from outside say the same.
#pragma once

#include <array>
#include <string_view>

#include "lib/base/types.h"

namespace caponier::link {

enum class TableRule : u8 {
  kProtection,           // a bit of a register without which the tables mean little
  kWriteAndExecute,      // a page that is writable and executable
  kWriteExecuteAlias,    // one frame writable here and executable there
  kAlias,                // one frame at two places without need
  kPageTable,            // a page table that is mapped; on x86-64 the windows' own may be, to read
  kGate,                 // the windows' own table maps something
  kKernelForProgram,     // a page of the kernel's half that the program may use
  kProgramWithoutRight,  // a page of the program's half that only the kernel may use
  kKernelRunsProgram,    // a page of the program's half that the kernel may execute, where entries tell the two apart
  kNothingHere,          // a page below 64 KiB, or in the last page of a half
  kGuard,                // no absent page between two regions
  kMixedRights,          // pages of one region with different rights; the image's are code, then constants, then data
  kUnknownRegion,        // a page in no region of its half's list
  kMoreRights,           // a page with rights that its mapping, or its segment of the kernel's file, does not have
  kOutsideMemory,        // a page that is neither memory nor the kernel's access to a device
};
inline constexpr size_t kTableRules = 15;

constexpr std::string_view NameOf(TableRule rule) {
  constexpr std::array<std::string_view, kTableRules> kNames = {
      "a protection that the tables rest on is off",
      "a page is writable and executable",
      "a frame is writable at one place and executable at another",
      "a frame stands at two places",
      "a page table is mapped",
      "the windows' table maps something",
      "the program may use a page of the kernel's half",
      "a page of the program's half is not the program's",
      "the kernel may execute a page of the program's half",
      "a page stands where nothing may",
      "no absent page stands between two regions",
      "pages of one region have different rights",
      "a page is in no region of its half's list",
      "a page has rights that its mapping or segment does not have",
      "a page is neither memory nor a device of the kernel's",
  };
  return kNames[static_cast<size_t>(rule)];
}

}  // namespace caponier::link
