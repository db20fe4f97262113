#include "kernel/report/crash.h"

#include "kernel/drivers/link.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/user_copy.h"
#include "kernel/report/program_names.h"
#include "kernel/report/program_symbols.h"
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

arch::Fault g_fault{};
Outcome g_outcome;
bool g_fault_known;

void Say(const Line& line) {
  Line full;
  Format(full, "{}\n", line.text());
  drivers::link::SendCrashText(full.text());
}

std::string_view Verb(arch::Access access) {
  return access == arch::Access::kWrite ? "write to" : (access == arch::Access::kExecute ? "execution of" : "read of");
}

// What memory the access met, and why it was not for it.
std::string_view KindOf(const mm::Mapping& mapping) {
  if (g_outcome == Outcome::kPastEnd) return "past the end of the file";
  switch (g_fault.access) {
    case arch::Access::kWrite:
      // The rights were there, so it is the frame that is used otherwise elsewhere.
      if (mapping.protection.write) return "memory that runs through another mapping,";
      return mapping.protection.execute ? "code, which is read-only," : "read-only memory";
    case arch::Access::kExecute:
      return mapping.protection.execute ? "memory that is written through another mapping," : "data, which is not executable,";
    case arch::Access::kRead: break;
  }
  return "memory";
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

void DescribeCause(TextSink& line, sched::Process& process) {
  using Kind = arch::Fault::Kind;
  const mm::AddressSpace& memory = *process.memory;
  switch (g_fault.kind) {
    case Kind::kPage: {
      const mm::Mapping* mapping = memory.Find(g_fault.address);
      const bool accessible =
          mapping != nullptr && (mapping->protection.read || mapping->protection.write || mapping->protection.execute);
      if (!accessible) {
        Format(line, "{} ", Verb(g_fault.access));
        return DescribeInaccessible(line, process, g_fault.address);
      }
      Format(line, "{} {} at ", Verb(g_fault.access), KindOf(*mapping));
      return DescribeProgramAddress(line, memory, g_fault.address);
    }
    case Kind::kTagCheck: return DescribeTagFault(line, memory);
    case Kind::kCallTarget:
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

// One line of a backtrace. `returns`: the address is where a call returns to, and the function meant is the caller's.
class Backtrace {
 public:
  explicit Backtrace(const mm::AddressSpace& memory) : memory_(memory), symbols_(memory) {}
  void Say(u64 address, bool returns, std::string_view note = {}) {
    Line line;
    Format(line, "  #{:<2} ", number_++);
    DescribeProgramAddress(line, memory_, address);
    symbols_.Describe(line, address, returns ? address - 1 : address);
    if (!note.empty()) Format(line, "  ({})", note);
    report::Say(line);
  }
  size_t frames() const { return number_; }

 private:
  const mm::AddressSpace& memory_;
  ProgramSymbols symbols_;
  size_t number_ = 0;
};

bool IsCode(const mm::AddressSpace& memory, u64 address) {
  const mm::Mapping* mapping = memory.Find(address);
  return mapping != nullptr && mapping->protection.execute;
}

// Whether a call may have left this return address: the instruction before it is a call.
bool FollowsCall(u64 address) {
  if constexpr (linux_abi::native::kArch == linux_abi::Arch::kAarch64) {
    // BL, BLR and its forms with authentication [arm-arm] C4.1.
    const u32 before = mm::ReadUser<u32>(address - 4).value_or(0);
    return (before & 0xfc000000) == 0x94000000 || (before & 0xfefff000) == 0xd63f0000;
  } else {
    // CALL rel32 (E8), or through a register or memory (FF /2), two to seven bytes long [intel-sdm] vol. 2 CALL.
    if (mm::ReadUser<u8>(address - 5).value_or(0) == 0xe8) return true;
    for (u64 length = 2; length <= 7; length++) {
      if (mm::ReadUser<u8>(address - length).value_or(0) == 0xff &&
          (mm::ReadUser<u8>(address - length + 1).value_or(0) >> 3 & 7) == 2) {
        return true;
      }
    }
    return false;
  }
}

// By frame pointers while they make sense; where the program keeps none, by what on the stack looks like a return address.
void SayBacktrace(const mm::AddressSpace& memory, const arch::TrapFrame& frame) {
  Backtrace trace(memory);
  trace.Say(arch::ProgramCounter(frame), false);
  // A function that calls none keeps no frame. What the register holds may be old, so the line says where it is from.
  const u64 link = arch::StripPointerAuth(arch::LinkRegister(frame));
  if (IsCode(memory, link) && FollowsCall(link) && link != arch::ProgramCounter(frame))
    trace.Say(link, true, "in the link register");
  u64 fp = arch::FramePointer(frame), last = arch::StackPointer(frame);
  while (trace.frames() < kMostFrames && fp >= last && IsAligned(fp, 8)) {
    const Result<u64> next = mm::ReadUser<u64>(fp), returns = mm::ReadUser<u64>(fp + 8);
    if (!next.ok() || !returns.ok()) break;
    const u64 address = arch::StripPointerAuth(returns.value());
    if (!IsCode(memory, address)) break;
    trace.Say(address, true);
    last = fp + 16;
    fp = next.value();
  }
  if (trace.frames() > 3) return;
  const u64 sp = AlignUp(arch::StackPointer(frame), 8);
  for (u64 offset = 0; offset < 512 * 8 && trace.frames() < kMostFrames; offset += 8) {
    const Result<u64> word = mm::ReadUser<u64>(sp + offset);
    if (!word.ok()) break;
    const u64 address = arch::StripPointerAuth(word.value());
    if (IsCode(memory, address) && FollowsCall(address)) trace.Say(address, true, "found on the stack");
  }
}

void SayRegisters(const mm::AddressSpace& memory, const arch::TrapFrame& frame) {
  Line line;
  int on_line = 0;
  arch::ForEachRegister(frame, [&](std::string_view name, u64 value) {
    InlineText<96> text;
    DescribeValue(text, memory, value);
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

void ProgramCrashed(const arch::TrapFrame& frame, const sched::SignalInfo& info) {
  const sched::Thread& thread = sched::CurrentThread();
  const mm::AddressSpace& memory = *thread.process->memory;
  Line line;
  Format(line, "caponier: the program crashed: {}", linux_abi::NameOf(kSignals, static_cast<u64>(info.signal)));
  // Signals the program was sent have no fault behind them.
  if (g_fault_known && info.code > 0) {
    Format(line, ": ");
    DescribeCause(line, *thread.process);
  } else if (info.code == linux_abi::kSI_KERNEL) {
    Format(line, ": a signal frame that cannot be written or restored");
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
