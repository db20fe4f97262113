// Brings a program into an address space: its segments and its interpreter's, the stack with arguments, environment and auxiliary
// vector, the break, the vDSO. Every one of them stands at a place of its own; a fixed-address program gets its own addresses and
// the rest is placed around it.
#pragma once

#include "kernel/fs/context.h"
#include "kernel/mm/address_space.h"
#include "kernel/sched/thread.h"
#include "lib/base/diagnostics.h"
#include "lib/base/format.h"
#include "lib/base/result.h"

namespace caponier::loader {

struct Request {
  std::string_view path;       // absolute, of the program's file
  std::string_view exec_name;  // AT_EXECFN
  const Vector<std::string_view>& arguments;
  const Vector<std::string_view>& environment;
};

// Why a program was not loaded: what was wrong in which file.
struct Complaint {
  FirstDiagnostic found;        // in the interpreter when there is one below, else in the program
  InlineText<256> interpreter;  // cut off when longer
  u64 needed_bytes = 0;         // what the file's segments ask for, when the machine has less
  void Describe(TextSink& sink, Error error) const;
};

struct Loaded {
  Ref<mm::AddressSpace> memory;
  Ref<fs::File> executable;
  u64 entry = 0, stack_pointer = 0;
  u64 vdso = 0;
  u64 arguments_begin = 0, arguments_end = 0, environment_begin = 0, environment_end = 0, stack_top = 0;
  Vector<u64> auxiliary_vector;  // pairs, AT_NULL included
};

// Errors: kNotFound (the program), kMalformed, kNotSupported and kNotPermitted (its ELF file), kNotExecutable (also whatever is
// wrong with its interpreter), kNoMemory, kArgumentsTooLong. The address space is left active; after a failure the one before it is.
Result<Loaded> LoadProgram(fs::Context& files, const Request& request, mm::Policy policy, Complaint& complaint);

// Makes what was loaded the process's memory; then `thread`'s registers and name those of its first instruction.
void AdoptProgram(sched::Process& process, Loaded& loaded);
void EnterProgram(sched::Thread& thread, const Loaded& loaded, std::string_view path);
// Makes what was loaded the process's memory, and a first thread that will enter it; the thread is not yet ready.
Result<sched::Thread*> StartThread(sched::Process& process, Loaded loaded, std::string_view name);

}  // namespace caponier::loader
