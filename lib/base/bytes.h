// Views of memory, and integers as they lie in foreign formats.
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "lib/base/types.h"

namespace caponier {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes AsBytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view AsText(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
template <typename T>
Bytes BytesOf(const T& object) {
  static_assert(std::is_trivially_copyable_v<T>);
  return std::as_bytes(std::span(&object, 1));
}
template <typename T>
MutableBytes WritableBytesOf(T& object) {
  static_assert(std::is_trivially_copyable_v<T>);
  return std::as_writable_bytes(std::span(&object, 1));
}

// An integer stored little-endian, without alignment.
template <typename T>
class Le {
 public:
  constexpr Le() = default;
  constexpr Le(T value) { Set(value); }
  constexpr operator T() const {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); i++) value |= static_cast<T>(static_cast<T>(bytes_[i]) << (8 * i));
    return value;
  }
  constexpr void Set(T value) {
    for (size_t i = 0; i < sizeof(T); i++) bytes_[i] = static_cast<u8>(value >> (8 * i));
  }

 private:
  u8 bytes_[sizeof(T)] = {};
};
using Le16 = Le<u16>;
using Le32 = Le<u32>;
using Le64 = Le<u64>;
static_assert(sizeof(Le64) == 8 && alignof(Le64) == 1);

// An integer stored big-endian, without alignment (fw_cfg, device trees).
template <typename T>
class Be {
 public:
  constexpr Be() = default;
  constexpr Be(T value) {
    for (size_t i = 0; i < sizeof(T); i++) bytes_[sizeof(T) - 1 - i] = static_cast<u8>(value >> (8 * i));
  }
  constexpr operator T() const {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); i++) value = static_cast<T>((value << 8) | bytes_[i]);
    return value;
  }

 private:
  u8 bytes_[sizeof(T)] = {};
};
using Be16 = Be<u16>;
using Be32 = Be<u32>;
using Be64 = Be<u64>;

// Overwrites memory in a way the compiler may not remove.
inline void SecureWipe(MutableBytes bytes) {
  __builtin_memset(bytes.data(), 0, bytes.size());
  asm volatile("" : : "r"(bytes.data()) : "memory");
}

}  // namespace caponier
