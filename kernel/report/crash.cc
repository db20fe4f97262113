#include "kernel/report/crash.h"

#include "kernel/drivers/link.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/name_table.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::report {
namespace {

using Outcome = mm::AddressSpace::FaultOutcome;
using Line = InlineText<512>;
using linux_abi::NameTable;

CAPONIER_ABI_NAME_TABLE(kSignals, CAPONIER_LINUX_SIGNALS)

constexpr size_t kMostFrames = 24;
constexpr u64 kNearNull = 64 * kKiB;
constexpr u64 kNear = kGiB, kSmallestPointer = 4 * kGiB;

arch::Fault g_fault{};
Outcome g_outcome;
bool g_fault_known;

void Say(const Line& line) {
  Line full;
  Format(full, "{}\n", line.text());
  drivers::link::SendCrashText(full.text());
}

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view NameOf(const mm::Mapping& mapping) {
  if (mapping.source && !mapping.source->mapped_name().empty()) return BaseName(mapping.source->mapped_name());
  switch (mapping.purpose) {
    case mm::Purpose::kStack: return "stack";
    case mm::Purpose::kThreadStack: return "thread stack";
    case mm::Purpose::kHeap: return "heap";
    case mm::Purpose::kImage: return "program data";
    case mm::Purpose::kInterpreter: return "interpreter data";
    default: return "mapping";
  }
}

// Where the module that `mapping` is part of begins: the lowest mapping of the same file.
u64 ModuleBase(const mm::AddressSpace& memory, const mm::Mapping& mapping) {
  if (!mapping.source) return mapping.begin;
  for (const mm::Mapping& other : memory.mappings()) {
    if (other.source && other.source->inode_number() == mapping.source->inode_number() &&
        other.source->mapped_name() == mapping.source->mapped_name()) {
      return other.begin;
    }
  }
  return mapping.begin;
}

std::string_view Verb(arch::Access access) {
  return access == arch::Access::kWrite ? "write to" : (access == arch::Access::kExecute ? "execution of" : "read of");
}

void DescribeUnmapped(TextSink& line, const mm::AddressSpace& memory, u64 address) {
  if (address < kNearNull) return Format(line, "the null page (offset {:#x})", address);
  const mm::Mapping* above = memory.FindAbove(address);
  if (above != nullptr && above->begin - address <= kPageSize &&
      (above->purpose == mm::Purpose::kStack || above->purpose == mm::Purpose::kThreadStack)) {
    return Format(line, "the guard page of the {}, {} bytes below it: stack overflow", NameOf(*above), above->begin - address);
  }
  if (above != nullptr && above->begin - address <= kPageSize)
    return Format(line, "unmapped memory, {} bytes below {}", above->begin - address, NameOf(*above));
  for (const mm::Mapping& mapping : memory.mappings()) {
    if (mapping.end <= address && address - mapping.end < kPageSize) {
      return Format(line, "unmapped memory, {} bytes past the end of {}", address - mapping.end, NameOf(mapping));
    }
  }
  Format(line, "unmapped memory, near nothing");
}

void DescribeTagFault(TextSink& line, const mm::AddressSpace& memory) {
  if (g_fault.asynchronous)
    return Format(line, "tag mismatch, reported late (asynchronous checking): the access was before this point");
  const u64 pointer_tag = g_fault.address >> 56 & 15, address = g_fault.address & 0x00ff'ffff'ffff'ffff;
  Format(line, "tag mismatch: {} ", Verb(g_fault.access));
  DescribeProgramAddress(line, memory, address);
  const Result<PhysAddr> frame = const_cast<mm::AddressSpace&>(memory).FrameAt(address);
  Format(line, " with pointer tag {:x}", pointer_tag);
  if (frame.ok()) Format(line, ", memory tag {:x}", arch::ReadMemoryTag(frame.value(), address & (kPageSize - 1)));
}

void DescribeCause(TextSink& line, const mm::AddressSpace& memory) {
  using Kind = arch::Fault::Kind;
  switch (g_fault.kind) {
    case Kind::kPage: {
      const mm::Mapping* mapping = memory.Find(g_fault.address);
      if (mapping == nullptr) {
        Format(line, "{} ", Verb(g_fault.access));
        return DescribeUnmapped(line, memory, g_fault.address);
      }
      const bool accessible = mapping->protection.read || mapping->protection.write || mapping->protection.execute;
      const std::string_view kind = g_outcome == Outcome::kPastEnd ? "past the end of the file"
                                    : !accessible                  ? "inaccessible memory"
                                    : g_fault.access == arch::Access::kWrite
                                        ? (mapping->protection.execute ? "code, which is read-only" : "read-only memory")
                                    : g_fault.access == arch::Access::kExecute ? "data, which is not executable"
                                                                               : "memory";
      Format(line, "{} {} at ", Verb(g_fault.access), kind);
      return DescribeProgramAddress(line, memory, g_fault.address);
    }
    case Kind::kTagCheck: return DescribeTagFault(line, memory);
    case Kind::kUndefined: return Format(line, "illegal instruction");
    case Kind::kBreakpoint: return Format(line, "breakpoint instruction");
    case Kind::kSingleStep: return Format(line, "debug trap");
    case Kind::kArithmetic: return Format(line, "integer division by zero or overflow");
    case Kind::kFloatingPoint: return Format(line, "floating-point exception");
    case Kind::kAlignment: return Format(line, "misaligned access");
    case Kind::kGeneral: return Format(line, "privileged instruction or non-canonical address");
    case Kind::kBranchTarget: return Format(line, "jump to a place that is no branch target");
    case Kind::kPointerAuth: return Format(line, "pointer authentication failed");
    case Kind::kMachineCheck: return Format(line, "hardware error");
  }
}

void SayFrame(const mm::AddressSpace& memory, size_t number, u64 address, bool certain) {
  Line line;
  Format(line, "  #{:<2} ", number);
  DescribeProgramAddress(line, memory, address);
  if (!certain) Format(line, "  (found on the stack)");
  Say(line);
}

bool IsCode(const mm::AddressSpace& memory, u64 address) {
  const mm::Mapping* mapping = memory.Find(address);
  return mapping != nullptr && mapping->protection.execute;
}

// By frame pointers while they make sense; where the program keeps none, by what on the stack looks like a return address.
void SayBacktrace(const mm::AddressSpace& memory, const arch::TrapFrame& frame) {
  size_t number = 0;
  SayFrame(memory, number++, arch::ProgramCounter(frame), true);
  u64 fp = arch::FramePointer(frame), last = arch::StackPointer(frame);
  while (number < kMostFrames && fp >= last && IsAligned(fp, 8)) {
    const Result<u64> next = mm::ReadUser<u64>(fp), returns = mm::ReadUser<u64>(fp + 8);
    if (!next.ok() || !returns.ok()) break;
    const u64 address = arch::StripPointerAuth(returns.value());
    if (!IsCode(memory, address)) break;
    SayFrame(memory, number++, address, true);
    last = fp + 16;
    fp = next.value();
  }
  if (number > 2) return;
  const u64 sp = AlignUp(arch::StackPointer(frame), 8);
  for (u64 offset = 0; offset < 512 * 8 && number < kMostFrames; offset += 8) {
    const Result<u64> word = mm::ReadUser<u64>(sp + offset);
    if (!word.ok()) break;
    const u64 address = arch::StripPointerAuth(word.value());
    if (IsCode(memory, address)) SayFrame(memory, number++, address, false);
  }
}

void SayRegisters(const mm::AddressSpace& memory, const arch::TrapFrame& frame) {
  Line line;
  int on_line = 0;
  arch::ForEachRegister(frame, [&](std::string_view name, u64 value) {
    InlineText<96> text;
    const u64 address = value & 0x00ff'ffff'ffff'ffff;
    const mm::Mapping* above = memory.FindAbove(address);
    if (above != nullptr && above->begin <= address) {
      DescribeProgramAddress(text, memory, address);
    } else if (address >= kSmallestPointer && above != nullptr &&
               above->begin - address < kNear) {  // would give the place away as surely as a pointer into it
      Format(text, "{}-{:#x}", NameOf(*above), above->begin - address);
    } else {
      Format(text, "{:#x}", value);
    }
    Format(line, "  {:>4}={:<30}", name, text.text());
    if (++on_line % 3 != 0) return;
    Say(line);
    line.Clear();
  });
  if (!line.text().empty()) Say(line);
}

}  // namespace

void RememberFault(const arch::Fault& fault, Outcome outcome) {
  g_fault = fault;
  g_outcome = outcome;
  g_fault_known = true;
}

void DescribeProgramAddress(TextSink& sink, const mm::AddressSpace& memory, u64 address) {
  const mm::Mapping* mapping = memory.Find(address);
  if (mapping == nullptr) return Format(sink, "unmapped");
  Format(sink, "{}+{:#x}", NameOf(*mapping), address - ModuleBase(memory, *mapping));
}

void ProgramCrashed(const arch::TrapFrame& frame, const sched::SignalInfo& info) {
  const sched::Thread& thread = sched::CurrentThread();
  const mm::AddressSpace& memory = *thread.process->memory;
  Line line;
  Format(line, "caponier: the program crashed: {}", linux_abi::NameOf(kSignals, static_cast<u64>(info.signal)));
  // Signals the program was sent have no fault behind them.
  if (g_fault_known && info.code > 0) {
    Format(line, ": ");
    DescribeCause(line, memory);
  }
  g_fault_known = false;
  Say(line);
  line.Clear();
  Format(line, "caponier: in thread {} \"{}\", at:", thread.tid, thread.name);
  Say(line);
  SayBacktrace(memory, frame);
  SayRegisters(memory, frame);
}

void SayOutOfMemory() {
  Line line;
  Format(line, "out of memory: the program holds {} KiB of the machine's {} KiB (give it more with --memory)",
         sched::CurrentProcess().memory->resident_pages() * kPageSize / kKiB, mm::TotalFrames() * kPageSize / kKiB);
  drivers::link::SendMessage(line.text());
}

}  // namespace caponier::report
