#include "kernel/report/program_names.h"

#include "kernel/mm/kernel_space.h"
#include "lib/aslr/program.h"

namespace caponier::report {
namespace {

constexpr u64 kNearNull = 64 * kKiB;
// A value this close to a mapping gives its place away as surely as a pointer into it. Below 4 GiB numbers are numbers.
constexpr u64 kNear = kGiB, kSmallestPointer = 4 * kGiB;
constexpr u64 kTopByte = u64{0xff} << 56;
// One frame of a function rarely is larger: a stack pointer this far from a fault may be what overflowed.
constexpr u64 kFrameReach = 64 * kKiB;

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool SameFile(const mm::Mapping& a, const mm::Mapping& b) {
  return a.source && b.source && a.source->inode_number() == b.source->inode_number() &&
         a.source->mapped_name() == b.source->mapped_name();
}

// Where the module that `mapping` is part of begins: of the mappings of the same file the nearest one at or below it that begins the file.
u64 ModuleBase(const mm::AddressSpace& memory, const mm::Mapping& mapping) {
  u64 base = mapping.begin;
  if (!mapping.source) return base;
  for (const mm::Mapping& other : memory.mappings()) {
    if (other.begin > mapping.begin) break;
    if (SameFile(other, mapping) && other.source_page == 0) base = other.begin;
  }
  return base;
}

// The stack whose guard holds `address`: the first usable memory above it, if a thread's stack pointer is there or has just left it.
const mm::Mapping* StackAbove(sched::Process& process, u64 address, const sched::Thread*& owner) {
  const mm::AddressSpace& memory = *process.memory;
  const mm::Mapping* above = memory.FindAbove(address);
  u64 reach = aslr::kStackGuardPages * kPageSize;
  if (above != nullptr && above->begin <= address) {  // the guard is a mapping without rights, as C libraries make it
    const u64 end = above->end;
    above = memory.FindAbove(end);
    reach = end - address;
  }
  if (above == nullptr || !above->protection.write || above->begin - address > reach) return nullptr;
  for (sched::Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread)) {
    if (thread->frame == nullptr) continue;
    const u64 sp = arch::StackPointer(*thread->frame);
    if (sp + kFrameReach < address || sp >= above->end) continue;
    owner = thread;
    return above;
  }
  return above->purpose == mm::Purpose::kStack ? above : nullptr;
}

// `address` as the place it means, when it means one.
bool DescribePlace(TextSink& sink, const mm::AddressSpace& memory, u64 address) {
  const mm::Mapping* above = memory.FindAbove(address);
  if (above != nullptr && above->begin <= address) {
    DescribeProgramAddress(sink, memory, address);
    return true;
  }
  if (address < kSmallestPointer) return false;
  if (above != nullptr && above->begin - address < kNear) {
    Format(sink, "{}-{:#x}", NameOf(*above), above->begin - address);
    return true;
  }
  const mm::Mapping* below = nullptr;
  for (const mm::Mapping& mapping : memory.mappings()) {
    if (mapping.end > address) break;
    below = &mapping;
  }
  if (below == nullptr || address - below->end >= kNear) return false;
  Format(sink, "{}'s end+{:#x}", NameOf(*below), address - below->end);
  return true;
}

}  // namespace

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

void DescribeProgramAddress(TextSink& sink, const mm::AddressSpace& memory, u64 address) {
  const mm::Mapping* mapping = memory.Find(address);
  if (mapping == nullptr) return Format(sink, "unmapped");
  Format(sink, "{}+{:#x}", NameOf(*mapping), address - ModuleBase(memory, *mapping));
}

void DescribeInaccessible(TextSink& sink, sched::Process& process, u64 address) {
  const mm::AddressSpace& memory = *process.memory;
  if (address < kNearNull) return Format(sink, "the null page (offset {:#x})", address);
  if (address >= arch::KernelBase()) return Format(sink, "kernel memory");
  const sched::Thread* owner = nullptr;
  if (const mm::Mapping* stack = StackAbove(process, address, owner)) {
    Format(sink, "the guard page of ");
    if (stack->purpose == mm::Purpose::kStack) {
      Format(sink, "the main stack");
    } else {
      Format(sink, "thread {}'s stack", owner->tid);
    }
    return Format(sink, ", {} bytes below it: stack overflow", stack->begin - address);
  }
  if (memory.Find(address) != nullptr) {
    Format(sink, "inaccessible memory at ");
    return DescribeProgramAddress(sink, memory, address);
  }
  Format(sink, "unmapped memory, ");
  const mm::Mapping* above = memory.FindAbove(address);
  if (above != nullptr && above->begin - address <= kPageSize)
    return Format(sink, "{} bytes below {}", above->begin - address, NameOf(*above));
  for (const mm::Mapping& mapping : memory.mappings()) {
    if (mapping.end <= address && address - mapping.end < kPageSize)
      return Format(sink, "{} bytes past the end of {}", address - mapping.end, NameOf(mapping));
  }
  Format(sink, "near nothing");
}

void DescribeValue(TextSink& sink, const mm::AddressSpace& memory, u64 value) {
  if (DescribePlace(sink, memory, value & ~kTopByte)) return;
  if (const u64 plain = arch::StripPointerAuth(value); plain != value && DescribePlace(sink, memory, plain & ~kTopByte))
    return Format(sink, " (signed)");
  if (value >= kSmallestPointer >> kPageBits && value < arch::kUserEnd >> kPageBits &&
      DescribePlace(sink, memory, value << kPageBits))
    return Format(sink, " (its page)");
  // Numbers just below zero are numbers, unless something of the kernel's is there.
  if (value >= arch::KernelBase() && (value < -kSmallestPointer || mm::DescribeAddress(value).name != nullptr))
    return Format(sink, "(kernel's half)");
  Format(sink, "{:#x}", value);
}

}  // namespace caponier::report
