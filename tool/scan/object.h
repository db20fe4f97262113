// An ELF file as the scanner sees it: its code, the functions it offers by name, and the names it takes from others.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "tool/arch.h"
#include "tool/scan/code.h"

namespace caponier::tool {

class ScannedObject {
 public:
  // The bytes must outlive the object. Throws Failure(126) for what is not a sound ELF file.
  ScannedObject(Bytes file, Arch arch, std::string_view name);

  const std::set<std::string>& imports() const { return imports_; }
  bool Exports(const std::string& name) const { return exports_.contains(name); }
  // Every system call anywhere in the code.
  CodeFacts ScanAll() const;
  // Those within reach of the functions named: their own code and, call by call, what they call in this file.
  CodeFacts ScanFrom(const std::set<std::string>& functions) const;

 private:
  struct Piece {
    u64 address;
    Bytes code;
  };
  struct Extent {
    u64 address, size;
  };
  void ReadSymbols(Bytes file);
  Bytes CodeAt(u64 address, u64 size) const;

  Arch arch_;
  std::vector<Piece> pieces_;
  std::map<std::string, Extent> exports_;
  std::set<std::string> imports_;
};

}  // namespace caponier::tool
