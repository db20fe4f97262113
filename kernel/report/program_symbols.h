// Function names for the backtrace of a program: the symbol tables of the files that are mapped, read where they lie in the machine.
#pragma once

#include "kernel/mm/address_space.h"
#include "kernel/mm/kernel_space.h"
#include "lib/base/format.h"
#include "lib/elf/symbols.h"

namespace caponier::report {

// Keeps the file of the last address open, since the next one mostly is in the same.
class ProgramSymbols {
 public:
  explicit ProgramSymbols(const mm::AddressSpace& memory) : memory_(memory) {}
  ~ProgramSymbols() { Close(); }
  ProgramSymbols(const ProgramSymbols&) = delete;
  ProgramSymbols& operator=(const ProgramSymbols&) = delete;

  // Adds " (name+0x12)" when a name is known. `lookup` is the address whose function is meant: for a return address the byte before it.
  void Describe(TextSink& sink, u64 address, u64 lookup);

 private:
  bool Open(const Ref<mm::PageSource>& file);
  void Close();

  const mm::AddressSpace& memory_;
  mm::PageSource* file_ = nullptr;
  mm::KernelRegion region_;
  Bytes bytes_;
  Result<elf::SymbolTable> table_{Error::kNotFound};
};

}  // namespace caponier::report
