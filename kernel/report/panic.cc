// The kernel's own end. It trusts nothing but the early console: no allocation, no locks, no link.
#include "kernel/mm/heap.h"
#include "kernel/mm/heap_records.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/report/crash.h"
#include "lib/heap/size_class.h"

extern "C" {
extern const std::byte __image_start[], __image_end[];
}

namespace caponier::report {
namespace {

// Below 4 GiB numbers are numbers; what has up to 48 bits may be a place in the program, which may carry a tag.
constexpr u64 kSmallestPointer = 4 * kGiB, kProgramBits = u64{0xff} << 56 | ((u64{1} << 48) - 1);

bool g_panicking;

void Say(std::string_view text) { arch::EarlyConsoleWrite(text); }

void SayCode(u64 address) {
  InlineText<64> text;
  if (const u32 offset = OffsetInImage(address); offset != 0) {
    Format(text, "  kernel+{:#x}\n", offset);
  } else {
    Format(text, "  outside the kernel's code\n");
  }
  Say(text.text());
}

void SayAddress(u64 address) {
  InlineText<128> text;
  const mm::RegionName region = mm::DescribeAddress(address);
  if (address < arch::kUserEnd) {
    Format(text, "{}", address < kPageSize ? "the null page" : "the program's half");
  } else if (region.name == nullptr) {
    Format(text, "nothing mapped");
  } else {
    Format(text, "{}{} at offset {}", region.guard ? "the guard of " : "", region.name, region.offset);
  }
  Say(text.text());
}

void SayBacktrace(u64 fp) {
  u64 calls[24];
  const size_t count = CallsFrom(fp, calls);
  for (size_t i = 0; i < count; i++) SayCode(calls[i]);
}

void SayCalls(std::string_view heading, const mm::HeapRecord::Calls& offsets) {
  if (offsets[0] == 0) return;
  Say(heading);
  for (const u32 offset : offsets) {
    if (offset == 0) return;
    SayCode(reinterpret_cast<u64>(__image_start) + offset);
  }
}

void SayRecord(u64 block) {
  if (block == 0 || !mm::HeapIsRecorded()) return;
  const mm::HeapRecord* record = mm::FindHeapRecord(block);
  if (record == nullptr) return Say("caponier: of that block there is no record\n");
  SayCalls("caponier: the block was allocated at:\n", record->allocated);
  SayCalls("caponier: and freed at:\n", record->freed);
}

// A register's value. No address is printed: places in the kernel are region and offset, and what may be a place in the program is not told.
void DescribeKernelValue(TextSink& sink, u64 value) {
  const u64 plain = arch::WithoutTag(arch::StripPointerAuth(value));
  const mm::RegionName region = mm::DescribeAddress(plain);
  if (region.name != nullptr) {
    const bool before = region.offset < 0;
    return Format(sink, "{}{}{:#x}", region.name, before ? "-" : "+", static_cast<u64>(before ? -region.offset : region.offset));
  }
  if (plain >= arch::KernelBase()) return Format(sink, "(kernel's half)");
  if (plain >= kSmallestPointer && (plain & kProgramBits) == plain) return Format(sink, "(program's half)");
  Format(sink, "{:#x}", value);
}

void SayRegisters(const arch::TrapFrame& frame) {
  InlineText<256> line;
  int on_line = 0;
  arch::ForEachRegister(frame, [&](std::string_view name, u64 value) {
    InlineText<64> text;
    DescribeKernelValue(text, value);
    Format(line, "  {:>4}={:<30}", name, text.text());
    if (++on_line % 3 != 0) return;
    Format(line, "\n");
    Say(line.text());
    line.Clear();
  });
  if (line.text().empty()) return;
  Format(line, "\n");
  Say(line.text());
}

std::string_view NameOf(const arch::Fault& fault) {
  using Kind = arch::Fault::Kind;
  switch (fault.kind) {
    case Kind::kPage:
      return fault.access == arch::Access::kWrite
                 ? "forbidden write"
                 : (fault.access == arch::Access::kExecute ? "forbidden execution" : "forbidden read");
    case Kind::kTagCheck: return "tag mismatch";
    case Kind::kUndefined: return "a failed check";  // __builtin_trap
    case Kind::kBreakpoint: return "a failed check";
    case Kind::kCallTarget: return "a call through a pointer to a function or an object of another type";
    default: return "exception";
  }
}

// What of the heap was misused, if it was the heap; the block, with the tag that the address has, or 0.
[[maybe_unused]] u64 SayMisuse(u64 address) {
  heap::Misuse misuse;
  if (!mm::ExplainTagFault(address, &misuse)) return 0;
  InlineText<128> text;
  Format(text, ": ");
  Describe(misuse, text);
  Say(text.text());
  const heap::Tag tag = arch::HeapTags::TagOf(reinterpret_cast<const void*>(address));
  return misuse.block == 0 ? 0 : reinterpret_cast<u64>(arch::HeapTags::Pointer(misuse.block, tag));
}

// Which variable was misused, if it was one on a kernel's stack. The address has its tag, and so has its memory while it lives; a variable of
// that tag that is further off than this is another one.
[[maybe_unused]] void SayStackMisuse(u64 address) {
  using arch::HeapTags;
  constexpr u64 kReach = 256, kGranule = heap::kGranule;
  const u64 at = arch::WithoutTag(address);
  const mm::RegionName region = mm::DescribeAddress(at);
  if (region.guard || (region.name != mm::kThreadStack && region.name != mm::kBootStack)) return;
  const heap::Tag tag = HeapTags::TagOf(reinterpret_cast<const void*>(address));
  const mm::KernelRegion stack = mm::RegionAbove(at);
  const auto has = [&](u64 granule) {
    return granule >= stack.begin && granule < stack.end() && HeapTags::InMemory(granule) == tag;
  };
  const u64 granule = AlignDown(at, kGranule);
  InlineText<128> text;
  if (tag == HeapTags::kPlain) return Say(": access to a variable on the stack by an address without its tag");
  for (u64 distance = kGranule; distance <= kReach; distance += kGranule) {
    for (const bool behind : {true, false}) {
      const u64 step = behind ? u64{0} - kGranule : kGranule, nearest = behind ? granule - distance : granule + distance;
      if (!has(nearest)) continue;
      u64 last = nearest;
      while (has(last + step)) last += step;
      const u64 bytes = (behind ? nearest - last : last - nearest) + kGranule;
      Format(text, ": access {} a variable on the stack; variable of {} bytes; distance {} bytes", behind ? "behind" : "before",
             bytes, behind ? at - (nearest + kGranule) : nearest - at);
      return Say(text.text());
    }
  }
  Say(": use of a variable on the stack that is gone");
}

[[noreturn]] void End() {
  Say("caponier: the machine stops here\n");
  arch::PowerOff();
}

}  // namespace

size_t CallsFrom(u64 fp, std::span<u64> calls) {
  size_t count = 0;
  while (count < calls.size() && fp >= arch::KernelBase() && IsAligned(fp, 8) && mm::KernelTables().Lookup(fp)) {
    const u64* frame = reinterpret_cast<const u64*>(fp);
    const u64 next = frame[0], address = arch::StripPointerAuth(frame[1]);
    if (address == 0) break;
    calls[count++] = address;
    if (next <= fp) break;
    fp = next;
  }
  return count;
}

u32 OffsetInImage(u64 address) {
  const u64 start = reinterpret_cast<u64>(__image_start), end = reinterpret_cast<u64>(__image_end);
  return address >= start && address < end ? static_cast<u32>(address - start) : 0;
}

void Panic(std::string_view why, u64 block) {
  if (g_panicking) arch::PowerOff();
  g_panicking = true;
  Say("caponier: kernel panic: ");
  Say(why);
  Say("\n");
  SayBacktrace(reinterpret_cast<u64>(__builtin_frame_address(0)));
  SayRecord(block);
  End();
}

}  // namespace caponier::report

namespace caponier {

void arch::OnKernelFault(const TrapFrame& frame, const Fault& fault) {
  using namespace report;
  if (g_panicking) PowerOff();
  g_panicking = true;
  Say("caponier: kernel panic: ");
  Say(NameOf(fault));
  if (fault.kind == Fault::Kind::kPage) {
    Say(" of ");
    SayAddress(fault.address);
  }
  u64 block = 0;
  if constexpr (HeapTags::kPossible) {
    if (fault.kind == Fault::Kind::kTagCheck) {
      block = SayMisuse(fault.address);
      SayStackMisuse(fault.address);
    }
  }
  Say(", at:\n");
  SayCode(ProgramCounter(frame));
  SayBacktrace(FramePointer(frame));
  SayRecord(block);
  SayRegisters(frame);
  End();
}

}  // namespace caponier

extern "C" {
caponier::u64 __stack_chk_guard;
[[noreturn]] void __stack_chk_fail() { caponier::report::Panic("a stack canary was overwritten"); }
}
