#include "kernel/loader/vdso.h"

#include "kernel/mm/frames.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/sched/thread.h"
#include "kernel/vdso/clock_data.h"
#include "lib/linux_abi/constant.h"

extern "C" {
extern const std::byte vdso_start[], vdso_end[];
}

namespace caponier::loader {
namespace {

// The pages of the vDSO: first its data, then its code, in frames of their own.
class VdsoPageSource final : public mm::PageSource {
 public:
  explicit VdsoPageSource(mm::KernelRegion region) : region_(region) {}
  Result<PhysAddr> Page(u64 index, bool) override {
    if (index * kPageSize >= region_.bytes) return Error::kOutOfRange;
    const PhysAddr frame = mm::FrameOf(region_.data() + index * kPageSize);
    mm::RetainFrame(frame);
    return frame;
  }
  std::string_view mapped_name() const override { return "[vdso]"; }

 private:
  mm::KernelRegion region_;
};

mm::KernelRegion g_data, g_code;
Ref<mm::PageSource> g_data_source, g_code_source;

u64 CodePages() { return PagesFor(static_cast<u64>(vdso_end - vdso_start)); }

Result<void> Prepare() {
  if (g_code_source) return {};
  g_data = TRY(mm::MapRegion("vDSO data", kPageSize));
  g_code = TRY(mm::MapRegion("vDSO", CodePages() * kPageSize));
  __builtin_memcpy(g_code.data(), vdso_start, static_cast<size_t>(vdso_end - vdso_start));
  mm::MakeReadOnly(g_code);
  g_data_source = TRY(MakeRef<VdsoPageSource>(g_data));
  g_code_source = TRY(MakeRef<VdsoPageSource>(g_code));
  PublishClock();
  return {};
}

}  // namespace

u64 VdsoPages() { return 1 + CodePages(); }

void PublishClock() {
  auto* data = reinterpret_cast<vdso::ClockData*>(g_data.begin);
  if (data == nullptr) return;
  const arch::ClockScale scale = arch::CounterScale();
  __atomic_store_n(&data->sequence, data->sequence + 1, __ATOMIC_RELEASE);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  data->shift = scale.shift;
  data->base_counter = scale.base_counter;
  data->base_ns = scale.base_ns;
  data->mult = scale.mult;
  data->realtime_offset_ns = sched::RealTimeOffsetNs();
  __atomic_store_n(&data->sequence, data->sequence + 1, __ATOMIC_RELEASE);
}

Result<u64> MapVdso(mm::AddressSpace& memory, u64 address) {
  TRY(Prepare());
  mm::MapRequest request;
  request.fixed_no_replace = true;
  request.address = address;
  request.bytes = kPageSize;
  request.protection = {.read = true};
  request.purpose = mm::Purpose::kVvar;
  request.source = g_data_source;
  TRY(memory.Map(request));
  request.address = address + kPageSize;
  request.bytes = CodePages() * kPageSize;
  request.protection = {.read = true, .write = false, .execute = true};
  request.purpose = mm::Purpose::kVdso;
  request.source = g_code_source;
  TRY(memory.Map(request));
  return address + kPageSize;
}

u64 SignalReturnOffset() {
  if constexpr (linux_abi::native::kArch != linux_abi::Arch::kAarch64) return 0;
  // mov x8, #139; svc #0: the instructions by which debuggers and unwinders know it too.
  constexpr u32 kInstructions[] = {0xd2801168, 0xd4000001};
  for (const std::byte* at = vdso_start; at + sizeof(kInstructions) <= vdso_end; at += 4) {
    if (__builtin_memcmp(at, kInstructions, sizeof(kInstructions)) == 0) return static_cast<u64>(at - vdso_start);
  }
  return 0;
}

}  // namespace caponier::loader
