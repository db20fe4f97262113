// MTE for the program [arm-arm] D10; Linux's interface [linux-mte]. The mode is a thread's own: which tags IRG may draw (GCR_EL1 in the program), and
// what a mismatch at EL0 does (SCTLR_EL1.TCF0). The kernel's own accesses are checked, and fault (TCF).
//
// A program that leaves the choice to the kernel (both modes offered) gets the asymmetric mode where the processor has it, else the
// synchronous one: never less than it would have caught by asking for the weaker.
#include "kernel/arch/aarch64/tagging.h"

#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/aarch64/secrets.h"
#include "kernel/arch/aarch64/threads.h"
#include "kernel/mm/window.h"
#include "lib/linux_abi/process_flags.h"

extern "C" {
void ZeroTaggedPageAsm(std::byte* page, caponier::u64 tag);
void CopyTagsAsm(std::byte* to, const std::byte* from);
void ClearTagsAsm(std::byte* page);
}

namespace caponier::arch {

TagLatching g_tag_latching;

namespace {

using namespace linux_abi;

constexpr u64 kAllTags = 0xffff;
constexpr u64 kGcrRandom = u64{1} << 16;  // GCR_EL1.RRND: the generator may be the processor's own
constexpr u64 kLatchedUser = 1;           // TFSRE0_EL1.TF0

u64 TagOf(const std::byte* at) { return LoadTag(reinterpret_cast<u64>(at)); }

sctlr::TagCheck CheckFor(u64 control) {
  const bool sync = (control & kPR_MTE_TCF_SYNC) != 0, async = (control & kPR_MTE_TCF_ASYNC) != 0;
  if (sync && async) return CpuFeatures().tagging >= 3 ? sctlr::kAsymmetric : sctlr::kSync;
  return sync ? sctlr::kSync : async ? sctlr::kAsync : sctlr::kNone;
}

// GCR_EL1 excludes the tags that the program does not include.
u64 GeneratorControl(u64 control) {
  const u64 included = (control & kPR_MTE_TAG_MASK) >> kPR_MTE_TAG_SHIFT;
  return kGcrRandom | (~included & kAllTags);
}

}  // namespace

void InitTagging() {
  if (CpuFeatures().tagging == 0) return;
  CAPONIER_WRITE(REG_TFSR, 0);
  CAPONIER_WRITE(REG_TFSRE0, 0);
  ApplyTaggedAddressControl(0);
}

void ApplyTaggedAddressControl(u64 control) {
  if (CpuFeatures().tagging == 0) return;
  const sctlr::TagCheck check = CheckFor(control);
  g_tag_generators.program_control = GeneratorControl(control);
  const u64 before = CAPONIER_READ("sctlr_el1");
  const u64 after = (before & ~sctlr::kTagCheckUserMask) | u64{check} << sctlr::kTagCheckUserShift;
  if (before != after) CAPONIER_WRITE("sctlr_el1", after);
  InstructionBarrier();
  g_tag_latching = {.loads = check == sctlr::kAsync, .stores = check == sctlr::kAsync || check == sctlr::kAsymmetric};
}

bool TakeLatchedTagFault() {
  if ((CAPONIER_READ(REG_TFSRE0) & kLatchedUser) == 0) return false;
  CAPONIER_WRITE(REG_TFSRE0, 0);
  return true;
}

void DropLatchedTagFault() {
  asm volatile("dsb nsh; isb" ::: "memory");
  CAPONIER_WRITE(REG_TFSRE0, 0);
}

Result<u64> SetTaggedAddressControl(u64 control) {
  u64 valid = kPR_TAGGED_ADDR_ENABLE;
  if (CpuFeatures().tagging != 0) valid |= kPR_MTE_TCF_MASK | kPR_MTE_TAG_MASK;
  if ((control & ~valid) != 0) return Error::kInvalidArgument;
  CurrentState().tagged_address_control = control;
  ApplyTaggedAddressControl(control);
  return u64{0};
}

Result<u64> TaggedAddressControl() { return CurrentState().tagged_address_control; }

bool HasMemoryTags() { return CpuFeatures().tagging != 0; }

// Not part of its callers, which a processor without tags may run: its instruction has no plain form.
[[gnu::noinline]] u64 ReadMemoryTag(PhysAddr frame, u64 offset) {
  if (!HasMemoryTags()) return 0;
  mm::Window window(frame.page_base(), mm::Window::kWriteTagged);
  return TagOf(window.data() + offset);
}

void ZeroTaggedPage(std::byte* page, u8 tag) {
  if (CpuFeatures().tagging == 0) {
    ZeroPage(page);
  } else {
    ZeroTaggedPageAsm(page, tag);
  }
}

// The tags are the program's, and these addresses have none.
void CopyTaggedPage(std::byte* to, const std::byte* from) {
  if (CpuFeatures().tagging == 0) return CopyPage(to, from);
  asm volatile(".arch_extension memtag; msr tco, #1" ::: "memory");
  CopyPage(to, from);
  asm volatile(".arch_extension memtag; msr tco, #0" ::: "memory");
  CopyTagsAsm(to, from);
}

void ClearTags(std::byte* page) {
  if (CpuFeatures().tagging != 0) ClearTagsAsm(page);
}

}  // namespace caponier::arch
