// Names for places in the program's memory, so that reports never print an address: "libc.so.6+0x1234", "stack+0x7f0", "the guard page of
// thread 2's stack".
#pragma once

#include "kernel/mm/address_space.h"
#include "kernel/sched/thread.h"
#include "lib/base/format.h"

namespace caponier::report {

// What a mapping is: its file's name, or its purpose.
std::string_view NameOf(const mm::Mapping& mapping);
// "libc.so.6+0x1234", or "unmapped".
void DescribeProgramAddress(TextSink& sink, const mm::AddressSpace& memory, u64 address);
// What a place where no access is possible neighbours: "the null page (offset 0x10)", "kernel memory", "the guard page of the main stack, ...".
void DescribeInaccessible(TextSink& sink, sched::Process& process, u64 address);
// A register's or variable's value: as a place when it points into the program's memory or close enough to give it away, tagged, signed or
// shifted right by a page too, else in hexadecimal.
void DescribeValue(TextSink& sink, const mm::AddressSpace& memory, u64 value);

}  // namespace caponier::report
