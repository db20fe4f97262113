// Malformed input is described where it is found and worded where it is shown: a parser of foreign bytes takes the caller's
// Diagnostics, says in one line what is wrong and at which offset, and returns Error::kMalformed.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier {

class Diagnostics {
 public:
  // `what` is a phrase without a final stop that lives as long as the program; `offset` is the byte in the input.
  virtual void Malformed(std::string_view what, u64 offset) = 0;

 protected:
  ~Diagnostics() = default;
};

// Keeps the first complaint.
class FirstDiagnostic final : public Diagnostics {
 public:
  void Malformed(std::string_view what, u64 offset) override {
    if (!what_.empty()) return;
    what_ = what;
    offset_ = offset;
  }
  std::string_view what() const { return what_; }
  u64 offset() const { return offset_; }

 private:
  std::string_view what_;
  u64 offset_ = 0;
};

}  // namespace caponier
