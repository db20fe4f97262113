// A heap of two neighbours, tagged by hand: what memory tagging catches, whatever allocator does the tagging.
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "guest/tour/attempt.h"
#include "guest/tour/stops.h"

namespace caponier::tour {

#if defined(__aarch64__)
namespace {

constexpr unsigned long kHwcap2Mte = 1 << 18;  // [linux-mte] "Userspace Support"
constexpr int kProtMte = 0x20, kSynchronous = 1 << 1, kTaggedPointers = 1, kTagMaskShift = 3;
constexpr int kSegvSynchronousTag = 9;  // SEGV_MTESERR
constexpr size_t kPageSize = 4096, kGranule = 16, kSlot = 2 * kGranule;

constexpr uint64_t kTagShift = 56;
char* WithTag(char* pointer, uint64_t tag) {
  return reinterpret_cast<char*>((reinterpret_cast<uint64_t>(pointer) & ~(uint64_t{15} << kTagShift)) | tag << kTagShift);
}
// Gives the slot's memory the pointer's tag.
char* Tag(char* slot, uint64_t tag) {
  char* tagged = WithTag(slot, tag);
  for (size_t i = 0; i < kSlot; i += kGranule)
    asm volatile(".arch_extension memtag\n\tstg %0, [%0]" : : "r"(tagged + i) : "memory");
  return tagged;
}

// Threads inherit the setting, so that crimes are checked too.
bool CheckTags() {
  return prctl(PR_SET_TAGGED_ADDR_CTRL, kTaggedPointers | kSynchronous | 0xfffe << kTagMaskShift, 0, 0, 0) == 0;
}

void WriteByte(void* place) { *Launder(static_cast<volatile char*>(place)) = 1; }
void ReadByte(void* place) { static_cast<void>(*Launder(static_cast<volatile char*>(place))); }

void ShowCrime(Table& table, const char* claim, void (*crime)(void*), void* place) {
  const Attempt attempt = Commit(crime, place);
  table.Row(HoldsIf(attempt.caught && attempt.signal == SIGSEGV && attempt.code == kSegvSynchronousTag), claim, "%s",
            attempt.Text());
}

}  // namespace

void ShowTags(Table& table) {
  table.Section("Memory tagging");
  if ((getauxval(AT_HWCAP2) & kHwcap2Mte) == 0) {
    return table.Row(Verdict::kAbsent, "overflow and use after free are caught", "this processor has no memory tags");
  }
  void* memory = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE | kProtMte, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || !CheckTags())
    return table.Row(Verdict::kFails, "tagged memory can be had", "mmap or prctl refused");
  char* slots = static_cast<char*>(memory);
  char* left = Tag(slots, 3);
  char* right = Tag(slots + kSlot, 5);
  memset(left, 'l', kSlot);
  memset(right, 'r', kSlot);
  table.Row(HoldsIf(left[0] == 'l' && right[kSlot - 1] == 'r'), "valid accesses pass",
            "two neighbours of %zu bytes, tags 3 and 5", kSlot);
  ShowCrime(table, "overflow by one byte", WriteByte, left + kSlot);
  ShowCrime(table, "underflow by one byte", ReadByte, right - 1);
  char* dangling = left;
  Tag(slots, 9);
  ShowCrime(table, "read after free", ReadByte, dangling);
  ShowCrime(table, "write after free", WriteByte, dangling);
  ShowCrime(table, "use without a tag", ReadByte, slots);
  munmap(memory, kPageSize);
}

#else

void ShowTags(Table& table) {
  table.Section("Memory tagging");
  table.Row(Verdict::kAbsent, "overflow and use after free are caught", "x86-64 has no memory tags");
}

#endif

}  // namespace caponier::tour
