// N bytes that must not outlive their use: they move but do not copy, and leave zeros behind when they move or end.
#pragma once

#include <array>
#include <span>

#include "lib/base/bytes.h"

namespace caponier::crypto {

template <size_t N>
class Secret {
 public:
  constexpr Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept { Take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) Take(other);
    return *this;
  }
  ~Secret() { Wipe(); }

  std::span<const std::byte, N> bytes() const { return bytes_; }
  std::span<std::byte, N> writable() { return bytes_; }
  void Wipe() { SecureWipe(bytes_); }

 private:
  void Take(Secret& other) {
    bytes_ = other.bytes_;
    other.Wipe();
  }
  std::array<std::byte, N> bytes_{};
};

}  // namespace caponier::crypto
