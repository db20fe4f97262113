#include "kernel/random/gather.h"

#include <array>

#include "kernel/arch/machine.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/random/fast_clock.h"
#include "kernel/random/instruction.h"
#include "kernel/random/interrupt.h"
#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/entropy/sources/timing_jitter.h"
#include "lib/random/harvest.h"

namespace caponier::kernel::random {
namespace {

using ::caponier::random::Harvest;
using ::caponier::random::Root;
using entropy::SourceStatus;

constexpr u64 kSliceIntervalNs = 100'000'000;  // Fortuna's own least time between reseeds
constexpr u64 kRetryAfterNs = 10'000'000'000;  // a failed source gets another chance
constexpr u64 kInstructionWords = 16;          // a slice: one event for the pools
constexpr u64 kJitterSamples = 64;             // 16 slices are a start-up test
constexpr u32 kInterruptsWorthIt = 32;

struct Counter {
  u64 operator()() const { return arch::ReadFastClock(); }
};
using Instruction = entropy::CpuInstruction<std::optional<u64> (*)()>;

alignas(Instruction) std::byte g_instruction[sizeof(Instruction)];
bool g_found, g_has_instruction;
constinit entropy::TimingJitter<Counter> g_jitter{Counter()};
constinit entropy::InterruptTiming g_interrupts{g_interrupt_ring};
u64 g_due_ns, g_retry_ns;

Instruction& TheInstruction() { return *reinterpret_cast<Instruction*>(g_instruction); }

void FindSources() {
  g_found = true;
  if (const RandomInstruction found = FindRandomInstruction(); found.profile != nullptr) {
    new (g_instruction) Instruction(*found.profile, found.read);
    g_has_instruction = true;
  }
  using Jitter = entropy::TimingJitter<Counter>;
  if (const auto memory = mm::MapRegion("jitter", Jitter::kMemoryBytes); memory.ok())
    g_jitter.UseMemory({reinterpret_cast<u32*>(memory.value().data()), Jitter::kMemoryBytes / sizeof(u32)});
}

template <typename Source>
void Take(Root& root, Source& source, u64 samples, bool retry) {
  if (source.status() == SourceStatus::kFailed) {
    if (!retry) return;
    source.Restart();
  }
  Harvest(root, source, samples);
}

}  // namespace

void GatherIfDue(Root& root, u64 now_ns) {
  if (now_ns < g_due_ns) [[likely]]
    return;
  const bool started = g_due_ns != 0;
  g_due_ns = now_ns + kSliceIntervalNs;
  if (!started) return;
  if (!g_found) FindSources();
  const bool retry = now_ns >= g_retry_ns;
  if (retry) g_retry_ns = now_ns + kRetryAfterNs;
  if (g_has_instruction) {
    const bool fresh = TheInstruction().status() != SourceStatus::kHealthy;
    Take(root, TheInstruction(), fresh ? entropy::kWordStartup : kInstructionWords, retry);
  }
  Take(root, g_jitter, kJitterSamples, retry);
  if (g_interrupts.waiting() >= kInterruptsWorthIt) Take(root, g_interrupts, entropy::InterruptRing::kSlots, retry);
}

void GatherNow(Root& root) {
  if (!g_found) FindSources();
  if (!g_has_instruction) return;
  std::array<u64, kInstructionWords> words{};
  for (u64& word : words) {
    const std::optional<u64> sample = TheInstruction().Sample();
    if (!sample) break;
    TheInstruction().Test(*sample);
    word = *sample;
  }
  // Uncredited: what the machine was seeded on stands, and this makes it new.
  root.AbsorbAndReseed(TheInstruction().profile().id, std::as_bytes(std::span(words)));
  SecureWipe(std::as_writable_bytes(std::span(words)));
}

}  // namespace caponier::kernel::random
