#include "kernel/drivers/pl011.h"

#include "kernel/arch/aarch64/device_memory.h"

namespace caponier::drivers {
namespace {

constexpr u64 kData = 0x00, kFlags = 0x18;
constexpr u32 kTransmitFull = 1u << 5;

}  // namespace

void WritePl011(std::byte* registers, std::string_view text) {
  for (const char c : text) {
    // A port that never drains loses text; it does not hang the machine.
    for (u32 spins = 0; spins < 1'000'000 && (arch::Load32(registers + kFlags) & kTransmitFull) != 0; spins++) {
    }
    arch::Store32(registers + kData, static_cast<unsigned char>(c));
  }
}

}  // namespace caponier::drivers
