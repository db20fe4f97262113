#include "kernel/random/collect.h"

#include <algorithm>

#include "kernel/arch/machine.h"
#include "kernel/drivers/link.h"
#include "kernel/drivers/rng.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/random/fast_clock.h"
#include "kernel/random/instruction.h"
#include "kernel/random/interrupt.h"
#include "kernel/report/run_report.h"
#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/entropy/sources/interrupt_timing.h"
#include "lib/entropy/sources/timing_jitter.h"
#include "lib/entropy/sources/virtio_rng.h"

namespace caponier::kernel::random {
namespace {

using ::caponier::link::ExitCause;

constexpr std::string_view kNoSuchSource = "this machine has no such source of noise";

[[noreturn]] void Refuse(std::string_view why) { report::Refuse(ExitCause::kRefused, why); }

class Output {
 public:
  explicit Output(u64 count) : left_(count) {}
  bool wants_more() const { return left_ > 0; }
  void Put(u8 sample) {
    if (left_ == 0) return;
    left_--;
    buffer_[used_++] = std::byte{sample};
    if (used_ == sizeof(buffer_) || left_ == 0) {
      drivers::link::SendOutput({buffer_, used_});
      used_ = 0;
    }
  }

 private:
  u64 left_;
  size_t used_ = 0;
  std::byte buffer_[4096];
};

void CollectWords(const RandomInstruction& instruction, Output& output) {
  entropy::CpuInstruction source(*instruction.profile, instruction.read);
  while (output.wants_more()) {
    const std::optional<u64> word = source.Sample();
    if (!word) Refuse("the processor's random number instruction gives no numbers");
    for (int at = 0; at < 64; at += 8) output.Put(static_cast<u8>(*word >> at));
  }
}

void CollectJitter(Output& output) {
  entropy::TimingJitter source([] { return arch::ReadFastClock(); });
  const auto memory = mm::MapRegion("jitter", decltype(source)::kMemoryBytes);
  if (!memory.ok()) Refuse("not enough memory for the walk that is timed");
  source.UseMemory({reinterpret_cast<u32*>(memory.value().data()), decltype(source)::kMemoryBytes / sizeof(u32)});
  while (output.wants_more()) output.Put(static_cast<u8>(source.Sample().value_or(0)));
}

// The timer's interrupts, as quick as they come, and the devices' among them.
void CollectInterrupts(Output& output) {
  constexpr u64 kApartNs = 20'000;
  entropy::InterruptTiming source(g_interrupt_ring);
  while (source.Sample()) {  // those of the boot
  }
  while (output.wants_more()) {
    arch::SetTimer(arch::NowNs() + kApartNs);
    arch::WaitForInterrupt();
    while (const auto sample = source.Sample()) output.Put(static_cast<u8>(*sample));
  }
}

void CollectDevice(Output& output) {
  while (output.wants_more()) {
    const Result<Bytes> bytes = drivers::ReadRawRng();
    if (!bytes.ok()) Refuse(bytes.error() == Error::kNoDevice ? kNoSuchSource : "the host's random number device gives no bytes");
    for (const std::byte byte : bytes.value()) output.Put(static_cast<u8>(byte));
  }
}

}  // namespace

void CollectRaw(std::string_view name, u64 count) {
  Output output(count);
  const RandomInstruction instruction = FindRandomInstruction();
  if (name == entropy::kTimingJitterProfile.name) {
    CollectJitter(output);
  } else if (name == entropy::kInterruptTimingProfile.name) {
    CollectInterrupts(output);
  } else if (name == entropy::kVirtioRngProfile.name) {
    CollectDevice(output);
  } else if (instruction.profile != nullptr && name == instruction.profile->name) {
    CollectWords(instruction, output);
  } else {
    Refuse(kNoSuchSource);
  }
  drivers::link::SendExit(ExitCause::kExited, 0);
  arch::PowerOff();
}

}  // namespace caponier::kernel::random
