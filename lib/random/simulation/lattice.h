// The source lattice: any subset of the sources is honest, the others belong to one adversary, and many boots are tried. One honest source
// must be enough for draws that all differ. On the host only, for tests and for `caponier entropy simulate lattice`.
#pragma once

#include <array>
#include <string_view>

#include "lib/random/root.h"

namespace caponier::random::simulation {

enum class Hostility : u8 {
  kConstant,    // every byte the same
  kReplayed,    // good noise, the same at every boot
  kCancelling,  // what makes the exclusive or of all sources the same at every boot; it takes knowing all of them
  kChosen,      // knows all other inputs and tries what comes of up to 32 of its own, until the draw begins with two zero bits
};
inline constexpr std::array kHostilities{Hostility::kConstant, Hostility::kReplayed, Hostility::kCancelling, Hostility::kChosen};

constexpr std::string_view HostilityName(Hostility hostility) {
  switch (hostility) {
    case Hostility::kConstant: return "constant";
    case Hostility::kReplayed: return "replayed";
    case Hostility::kCancelling: return "cancelling";
    case Hostility::kChosen: return "chosen";
  }
  __builtin_unreachable();
}

struct LatticeOutcome {
  u64 boots = 0;
  u64 refused = 0;       // boots that gave no proof of seeding
  u64 distinct = 0;      // different first draws of the others
  u64 steered = 0;       // of them begin with two zero bits
  u64 xor_distinct = 0;  // what a generator that takes the exclusive or of its sources would have had instead of `distinct`
};

// `honest` has bit i set when the source with number i is.
LatticeOutcome TryLattice(u32 honest, Hostility hostility, u64 boots);

// Whether an honest source is among them that earns credit.
bool HasCredited(u32 honest);

}  // namespace caponier::random::simulation
