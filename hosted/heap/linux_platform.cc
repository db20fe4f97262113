#include "hosted/heap/linux_platform.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "hosted/heap/complain.h"
#include "hosted/heap/recorder.h"
#include "hosted/random/include/caponier/random.h"
#include "lib/arch/arm_hwcap.h"
#include "lib/arch/x86_instructions.h"
#include "lib/linux_abi/own_prctl.h"

namespace caponier::hosted {
namespace {

// Linux's interface to memory tags [linux-mte]; Debian 12's headers for x86-64 lack the names.
[[maybe_unused]] constexpr int kProtMte = 0x20;
[[maybe_unused]] constexpr unsigned long kTaggedAddressEnable = 1, kTagCheckSync = 1 << 1, kTagCheckAsync = 1 << 2;
[[maybe_unused]] constexpr unsigned long kEveryTagButFree = 0xfffeul << 3;
[[maybe_unused]] constexpr int kSetTaggedAddressControl = 55;

void* Pointer(u64 address) { return reinterpret_cast<void*>(address); }

// Without MAP_NORESERVE, by which Linux would grant a block that is larger than all memory there is. What is not accessible counts for nothing.
constexpr int kReserving = MAP_PRIVATE | MAP_ANONYMOUS;

// Page tables go when all that they map is replaced at once.
bool TakeAway(u64 address, u64 bytes) {
  return mmap(Pointer(address), bytes, PROT_NONE, kReserving | MAP_FIXED, -1, 0) != MAP_FAILED;
}

}  // namespace

Result<u64> LinuxPlatform::Reserve(u64 bytes) {
  // Both ends of what is not aligned go back.
  const u64 alignment = bytes < heap::kReserveAlignment ? kPageSize : heap::kReserveAlignment;
  u64 whole;
  if (!CheckedAdd(bytes, alignment, &whole)) return Error::kNoMemory;
  void* memory = mmap(nullptr, whole, PROT_NONE, kReserving, -1, 0);
  if (memory == MAP_FAILED) return Error::kNoMemory;
  const u64 start = reinterpret_cast<u64>(memory), base = AlignUp(start, alignment), end = start + whole;
  if (base != start) munmap(memory, base - start);
  if (base + bytes != end) munmap(Pointer(base + bytes), end - base - bytes);
  (void)madvise(Pointer(base), bytes, MADV_DONTDUMP);
  return base;
}

Result<> LinuxPlatform::Commit(u64 address, u64 bytes, heap::MemoryUse use) {
  const KeptErrno kept;
  const int tagged = tags_started_ && use != heap::MemoryUse::kMetadata ? kProtMte : 0;
  if (mprotect(Pointer(address), bytes, PROT_READ | PROT_WRITE | tagged) != 0) return Error::kNoMemory;
  if (use == heap::MemoryUse::kMetadata) Use(address, bytes);
  // Not a condition: without huge pages it is slower, no more.
  if (use == heap::MemoryUse::kHugeBlocks) (void)madvise(Pointer(address), bytes, MADV_HUGEPAGE);
  return {};
}

void LinuxPlatform::Release(u64 address, u64 bytes) {
  const KeptErrno kept;
  if (TakeAway(address, bytes)) return;
  // The kernel has no more mappings to give. The frames at least go back, and the pages are zeros with the free tag.
  (void)madvise(Pointer(address), bytes, MADV_DONTNEED);
  if (tags_started_) (void)TagWhenTouched(address, bytes, heap::kFreeTag);
}

void LinuxPlatform::Populate(u64 address, u64 bytes) {
  const KeptErrno kept;
  constexpr int kPopulateWrite = 23;  // since Linux 5.14
  (void)madvise(Pointer(address), bytes, kPopulateWrite);
}

void LinuxPlatform::Discard(u64 address, u64 bytes) {
  const KeptErrno kept;
  (void)madvise(Pointer(address), bytes, MADV_DONTNEED);
}

// A debugger reads whatever it is to write to a core file, inaccessible pages too, so an arena of 16 TiB has to be left out of it.
void LinuxPlatform::Forget(u64 address, u64 bytes) {
  const KeptErrno kept;
  if (TakeAway(address, bytes)) (void)madvise(Pointer(address), bytes, MADV_DONTDUMP);
}
void LinuxPlatform::Use(u64 address, u64 bytes) {
  const KeptErrno kept;
  (void)madvise(Pointer(address), bytes, MADV_DODUMP);
}

u64 LinuxPlatform::InMemory(u64 address, u64 bytes) {
  const KeptErrno kept;
  unsigned char pages[512];
  u64 found = 0;
  for (u64 step; bytes != 0; address += step, bytes -= step) {
    step = bytes < sizeof(pages) * kPageSize ? bytes : sizeof(pages) * kPageSize;
    if (mincore(Pointer(address), step, pages) != 0) return 0;
    for (u64 i = 0; i < step / kPageSize; i++) found += pages[i] & 1;
  }
  return found * kPageSize;
}

namespace {

// The mapped bytes in front of the first page that is not, at most `bytes`; or, the other way round, those that are not.
u64 Stretch(u64 address, u64 bytes, bool mapped) {
  unsigned char present;
  u64 length = 0;
  while (length < bytes && (mincore(Pointer(address + length), kPageSize, &present) == 0) == mapped) length += kPageSize;
  return length;
}

// What was not moved reads as zeros there. Memory is written to only where it must be, since that takes a frame.
void CopyBack(u64 there, u64 bytes, u64 here) {
  // This may fail at what was not moved, for want of mappings; what has memory behind it is what was.
  const bool all = bytes == 0 || mprotect(Pointer(there), bytes, PROT_READ) == 0;
  for (u64 page = 0; page < bytes; page += kPageSize) {
    if (!all && LinuxPlatform::InMemory(there + page, kPageSize) == 0) continue;
    const auto* source = static_cast<const u64*>(Pointer(there + page));
    auto* target = static_cast<u64*>(Pointer(here + page));
    for (u64 i = 0; i < kPageSize / sizeof(u64); i++)
      if (source[i] != 0) target[i] = source[i];
  }
}

// After an mremap that failed: it may have moved the first of several mappings (Linux since 6.17), of which it leaves zeros where they were, and
// has unmapped the next one's destination, or, before that version, the whole. Nothing else of the destination was mapped for use.
Result<> UndoMove(u64 from, u64 bytes, u64 to, heap::Contents contents) {
  const u64 moved = Stretch(to, bytes, true);
  if (contents == heap::Contents::kKept) CopyBack(to, moved, from);
  if (moved != 0) LinuxPlatform::Release(to, moved);
  const u64 hole = Stretch(to + moved, bytes - moved, false);
  if (hole == 0) return Error::kNotSupported;
  // Another thread's mapping may have come to stand there by now.
  const bool ours = mmap(Pointer(to + moved), hole, PROT_NONE, kReserving | MAP_FIXED_NOREPLACE, -1, 0) == Pointer(to + moved);
  return ours ? Error::kNotSupported : Error::kExists;
}

}  // namespace

Result<> LinuxPlatform::Move(u64 from, u64 bytes, u64 to, heap::Contents contents) {
  const KeptErrno kept;
  // Leaves the old place mapped, without frames, so that nothing of another's can come to stand there; since Linux 5.7.
  constexpr int kDontUnmap = 4;
  if (mremap(Pointer(from), bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED | kDontUnmap, to) == MAP_FAILED)
    return UndoMove(from, bytes, to, contents);
  Release(from, bytes);
  return {};
}

// Linux does not; a machine of this project's does.
bool LinuxPlatform::TagWhenTouched([[maybe_unused]] u64 address, [[maybe_unused]] u64 bytes, [[maybe_unused]] heap::Tag tag) {
#if defined(__aarch64__)
  const KeptErrno kept;
  return first_tags_ && prctl(linux_abi::kPR_CAPONIER_SET_FIRST_TAG, address, bytes, u64{tag.value}, 0) == 0;
#else
  return false;
#endif
}

void LinuxPlatform::Fill(MutableBytes output) {
  const KeptErrno kept;
  caponier_random_fill(output.data(), output.size());
}

bool LinuxPlatform::HasWideVectors() {
#if defined(__x86_64__)
  return arch::DecodeX86(arch::ReadX86Words()).avx2;
#else
  return false;
#endif
}

void* LinuxPlatform::NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

void LinuxPlatform::Stop(const heap::Misuse& misuse) {
  InlineText<256> line;
  Describe(misuse, line);
  Complain(line.text());
  Recorder::Report(misuse);
  abort();
}

bool LinuxPlatform::StartTags([[maybe_unused]] heap::Tagging tagging) {
#if defined(__aarch64__)
  if (!arch::ArmHwcap2(getauxval(AT_HWCAP2)).Get<arch::ArmHwcap2::Mte>() || tagging == heap::Tagging::kOff) return false;
  unsigned long mode = kTaggedAddressEnable | kEveryTagButFree;
  if (tagging != heap::Tagging::kAsync) mode |= kTagCheckSync;
  if (tagging != heap::Tagging::kSync) mode |= kTagCheckAsync;  // both: asymmetric where the processor has it
  tags_started_ = prctl(kSetTaggedAddressControl, mode, 0, 0, 0) == 0;
  first_tags_ = tags_started_ && prctl(linux_abi::kPR_CAPONIER_SET_FIRST_TAG, 0, 0, 0, 0) == 0;
#endif
  return tags_started_;
}

}  // namespace caponier::hosted
