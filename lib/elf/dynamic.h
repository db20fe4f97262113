// Which shared libraries an ELF file asks for: the dynamic section, [gabi] 5, of a program or library whose bytes all lie in one
// span. For the host's tool, which packs a program together with what it needs; a kernel leaves this to the program's own
// dynamic linker.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "lib/elf/format.h"
#include "lib/elf/image.h"
#include "lib/elf/strings.h"

namespace caponier::elf {

class DynamicSection {
 public:
  // All names are checked here, so that nothing below can fail. A file without a dynamic section (a static program) gives an
  // empty one.
  static Result<DynamicSection> Open(Bytes file, Machine expected, Diagnostics& diagnostics);

  bool present() const { return present_; }
  std::optional<std::string_view> soname() const { return Name(soname_); }
  // Colon-separated directories, unexpanded. DT_RPATH counts only where there is no DT_RUNPATH.
  std::optional<std::string_view> runpath() const { return Name(runpath_); }
  std::optional<std::string_view> rpath() const { return Name(rpath_); }
  // The interpreter, of a program that has one.
  std::optional<std::string_view> interpreter() const { return interpreter_; }

  // Calls `visit(std::string_view)` for each library needed, in the file's order.
  template <typename F>
  void ForEachNeeded(F&& visit) const {
    for (size_t i = 0; i < count_; i++) {
      const DynamicRecord record = Record(i);
      if (record.tag == kDynamicNeeded) visit(*NameAt(strings_, record.value));
    }
  }

 private:
  DynamicRecord Record(size_t i) const;
  std::optional<std::string_view> Name(std::optional<u64> offset) const {
    return offset ? NameAt(strings_, *offset) : std::nullopt;
  }

  Bytes records_;
  Bytes strings_;
  size_t count_ = 0;
  bool present_ = false;
  std::optional<u64> soname_, runpath_, rpath_;
  std::optional<std::string_view> interpreter_;
};

}  // namespace caponier::elf
