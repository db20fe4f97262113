// `--heap tagged` and `--heap caponier`: the program gets libcaponier-heap, preloaded.
#pragma once

#include <optional>

#include "tool/c_library.h"
#include "tool/pack/guest_plan.h"

namespace caponier::tool {

inline constexpr std::string_view kHeapLibraryPlace = "/usr/lib/caponier/libcaponier-heap.so.1";  // in the machine

// The C library of the program, by the loader that it names; none for a program that cannot have the heap's: a static one has no loader,
// and one that comes without glibc, or with one older than 2.34, has nothing for the heap to stand on.
std::optional<CLibrary> CLibraryOf(const GuestPlan& plan);

// Adds the library at `library` on the host to the plan, and has the program's loader preload it, before what `--env LD_PRELOAD` named.
void AddHeapLibrary(GuestPlan& plan, const std::string& library);

// Whether the plan has it.
bool HasHeapLibrary(const GuestPlan& plan);

}  // namespace caponier::tool
