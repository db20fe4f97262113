// Names for addresses: the symbol table of an ELF file whose bytes all lie in one span, for backtraces. .symtab if the file still
// has it, else .dynsym. A symbol that is broken is skipped, not fatal: whoever prints a backtrace has other worries.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"

namespace caponier::elf {

struct Symbol {
  std::string_view name;
  u64 value = 0;  // address before the image is moved
  u64 size = 0;   // 0 when unknown
};

class SymbolTable {
 public:
  // kNotFound for a stripped file.
  static Result<SymbolTable> Open(Bytes file, Diagnostics& diagnostics);

  size_t count() const { return count_; }
  // The symbol of that number, if it is a defined function or object with a name.
  std::optional<Symbol> At(size_t index) const;
  // The symbol that contains `address`, or else the closest one of unknown size below it.
  std::optional<Symbol> Nearest(u64 address) const;

 private:
  Bytes records_;
  Bytes strings_;
  size_t count_ = 0;
};

}  // namespace caponier::elf
