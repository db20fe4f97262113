// Any bytes as a program that is looked at for its system calls, for both architectures: they are refused with one line, or the calls are found
// of what lies in reach of its functions, which are among those of all its code.
#include <algorithm>

#include "tool/failure.h"
#include "tool/scan/object.h"

using namespace caponier;
using namespace caponier::tool;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  const Bytes file = std::as_bytes(std::span(data, size));
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    try {
      const ScannedObject object(file, arch, "the file");
      (void)object.ScanAll();
      std::set<std::string> names = object.imports();
      names.insert("main");
      (void)object.ScanFrom(names);
      for (const std::string& name : names)
        if (name.empty()) __builtin_trap();
    } catch (const Failure& failure) {
      if (std::string_view(failure.what()).empty()) __builtin_trap();
    }
  }
  return 0;
}
