// The last steps of stage 1 on this machine: instructions fitted to the processor, keys drawn, the jump.
#include "kernel/arch/aarch64/asm.inc"
#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/aarch64/secrets.h"
#include "kernel/boot/stage1.h"

extern "C" {
struct FeaturePatch {
  caponier::i32 site;  // relative to this field
  caponier::u32 feature;
};
extern std::byte __image_start[], __rodata_start[];
void DistrustShadowStacks(std::byte* code, const std::byte* end);
extern const FeaturePatch __feature_patches_start[], __feature_patches_end[];
[[noreturn]] void EnterHighAsm(caponier::u64 kernel_root, caponier::u64 entry, caponier::u64 stack_top, caponier::u64 key_high,
                               bool sign, caponier::u64 shadow_stack, caponier::u64 tagged_stack);
}

namespace caponier::boot {

void PatchImage(u64) {
  constexpr u32 kNop = 0xd503201f;
  const arch::Features& features = arch::CpuFeatures();
  for (const FeaturePatch* patch = __feature_patches_start; patch < __feature_patches_end; patch++) {
    const bool have = patch->feature == FEATURE_PAN   ? features.pan
                      : patch->feature == FEATURE_MTE ? features.tagging != 0
                                                      : features.address_auth;
    if (have) continue;
    auto* site = reinterpret_cast<u32*>(reinterpret_cast<u64>(&patch->site) + static_cast<u64>(i64{patch->site}));
    *site = kNop;
    asm volatile("dc cvau, %0; dsb ish; ic ivau, %0; dsb ish; isb" ::"r"(site) : "memory");
  }
  // A signature holds against who reads all memory, a shadow stack until it is found: where there are signatures, returns are by them alone.
  if (features.address_auth) DistrustShadowStacks(__image_start, __rodata_start);
}

void EnterHigh(PhysAddr kernel_root, u64 entry, u64 stack_top) {
  const Result<random::Seeded> seeded = g_handoff.random.Proof();
  random::Stream stream = random::Stream::Open(g_handoff.random, seeded.value(), "processor keys");
  stream.Fill(WritableBytesOf(g_kernel_key));
  stream.Fill(WritableBytesOf(g_program_key));
  stream.Fill(WritableBytesOf(arch::g_secrets));
  const bool tags = arch::CpuFeatures().tagging != 0;
  if (tags) {
    stream.Fill(WritableBytesOf(g_tag_generators));
    g_tag_generators.program_state |= TAGS_NEVER_ZERO;
    CAPONIER_WRITE(REG_RGSR, g_tag_generators.kernel_state | TAGS_NEVER_ZERO);
    CAPONIER_WRITE(REG_GCR, TAGS_EXCLUDED);
  }
  EnterHighAsm(kernel_root.value, entry, stack_top, arch::g_secrets.instruction_a.high, arch::CpuFeatures().address_auth,
               g_handoff.shadow_stack.begin, tags ? g_handoff.boot_stack.begin : 0);
}

}  // namespace caponier::boot
