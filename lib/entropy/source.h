// What every noise source says of itself, and the shape that the pipeline expects of it.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include "lib/base/types.h"
#include "lib/entropy/credit.h"

namespace caponier::entropy {

using namespace std::string_view_literals;  // lengths known to the compiler: no strlen in a kernel

enum class SourceId : u8 {
  kCpuSeed = 0,       // RDSEED, RNDRRS
  kCpuRandom = 1,     // RDRAND, RNDR
  kFirmwareSeed = 2,  // device tree rng-seed, firmware configuration file
  kVirtioRng = 3,
  kLauncherSeed = 4,
  kProgramWrite = 5,     // /dev/random written to
  kTimingJitter = 6,     // how long the same memory accesses take
  kInterruptTiming = 7,  // when interrupts come
  kArmTrng = 8,          // Arm firmware's TRNG interface
  kVmGeneration = 9,     // tells clones of a snapshot apart
};
inline constexpr size_t kSourceCount = 10;

// Whose word the credit rests on. Output is unpredictable while one of the sources is honest, whatever its class.
enum class TrustClass : u8 {
  kCpuVendor,  // a circuit that nobody outside can inspect
  kHost,       // the host's generator: trusted as far as the host is, which could read this memory anyway
  kTiming,     // noise only as good as the clock it is read with: mixed in, credited nothing (timing.h)
  kNobody,     // mixed in, never credited
};

constexpr std::string_view TrustName(TrustClass trust) {
  switch (trust) {
    case TrustClass::kCpuVendor: return "cpu-vendor"sv;
    case TrustClass::kHost: return "host"sv;
    case TrustClass::kTiming: return "timing"sv;
    case TrustClass::kNobody: return "nobody"sv;
  }
  __builtin_unreachable();
}

enum class SourceStatus : u8 {
  kAbsent,    // never gave a sample
  kStarting,  // giving samples, start-up test not yet passed: mixed in, not credited
  kHealthy,
  kStarved,  // gives no samples; what it gave before stands
  kFailed,   // a health test failed: what it gave before is no longer believed
};

constexpr std::string_view StatusName(SourceStatus status) {
  switch (status) {
    case SourceStatus::kAbsent: return "absent"sv;
    case SourceStatus::kStarting: return "starting"sv;
    case SourceStatus::kHealthy: return "healthy"sv;
    case SourceStatus::kStarved: return "starved"sv;
    case SourceStatus::kFailed: return "failed"sv;
  }
  __builtin_unreachable();
}

struct SourceProfile {
  SourceId id;
  std::string_view name;
  TrustClass trust;
  size_t sample_bytes;  // the low bytes of a sample that carry it, little-endian
  EntropyRate credit;   // the most that may be claimed for a sample that passed its tests
  bool condition;       // many samples carry little and go through the conditioner; else they go to the pools as they are
};

template <typename S>
concept NoiseSource = requires(S source, const S& constant, u64 sample) {
  { constant.profile() } -> std::same_as<const SourceProfile&>;
  // The next raw sample, or nothing when the source has none now. Never waits without bound.
  { source.Sample() } -> std::same_as<std::optional<u64>>;
  // Runs the sample through the source's health tests.
  { source.Test(sample) } -> std::same_as<void>;
  { constant.status() } -> std::same_as<SourceStatus>;
};

}  // namespace caponier::entropy
