// Bytes that somebody else drew and hands in: each is erased where it lies as soon as it has been read, and those not read
// are erased when the source ends or gets new ones, so that no copy of a seed stays in a device tree or a ring.
#pragma once

#include <optional>

#include "lib/base/bytes.h"

namespace caponier::entropy {

class HandedBytes {
 public:
  constexpr HandedBytes() = default;
  explicit HandedBytes(MutableBytes bytes) : rest_(bytes) {}
  HandedBytes(const HandedBytes&) = delete;
  HandedBytes& operator=(const HandedBytes&) = delete;
  ~HandedBytes() { SecureWipe(rest_); }

  void Replace(MutableBytes bytes) {
    SecureWipe(rest_);
    rest_ = bytes;
  }
  std::optional<u64> Take() {
    if (rest_.empty()) return {};
    const auto value = static_cast<u64>(rest_.front());
    SecureWipe(rest_.first(1));
    rest_ = rest_.subspan(1);
    return value;
  }

 private:
  MutableBytes rest_;
};

}  // namespace caponier::entropy
