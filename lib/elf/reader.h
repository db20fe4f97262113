// Where a parser's bytes come from. A kernel's file is a list of pages and a tool's is one span, so the parser asks for the
// few bytes it wants by offset, copies them once, and never looks at them a second time: a file that changes under it can
// make it refuse, not disagree with itself.
#pragma once

#include <cstring>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace caponier::elf {

class Reader {
 public:
  // Fills all of `out` from the file's bytes at `offset`, or fails. The parser asks only for bytes below the file size that
  // it was told.
  virtual Result<void> ReadAt(u64 offset, MutableBytes out) = 0;

 protected:
  ~Reader() = default;
};

class BytesReader final : public Reader {
 public:
  explicit BytesReader(Bytes file) : file_(file) {}
  Result<void> ReadAt(u64 offset, MutableBytes out) override {
    if (offset > file_.size() || out.size() > file_.size() - offset) return Error::kOutOfRange;
    if (!out.empty()) __builtin_memcpy(out.data(), file_.data() + offset, out.size());
    return {};
  }

 private:
  Bytes file_;
};

}  // namespace caponier::elf
