// Quantities that must not be mixed up. Each is a 64-bit number with a unit; arithmetic stays inside the unit.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace caponier {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i8 = int8_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;

inline constexpr u64 kPageBits = 12;
inline constexpr u64 kPageSize = u64{1} << kPageBits;  // bytes; both architectures' 4 KiB granule
inline constexpr u64 kKiB = 1024;
inline constexpr u64 kMiB = 1024 * kKiB;
inline constexpr u64 kGiB = 1024 * kMiB;

template <typename Tag>
struct Address {
  u64 value = 0;

  constexpr auto operator<=>(const Address&) const = default;
  constexpr Address operator+(u64 bytes) const { return {value + bytes}; }
  constexpr Address operator-(u64 bytes) const { return {value - bytes}; }
  constexpr u64 operator-(Address other) const { return value - other.value; }
  constexpr Address& operator+=(u64 bytes) {
    value += bytes;
    return *this;
  }
  constexpr u64 page_offset() const { return value & (kPageSize - 1); }
  constexpr Address page_base() const { return {value & ~(kPageSize - 1)}; }
  constexpr u64 page_number() const { return value >> kPageBits; }
};

using PhysAddr = Address<struct PhysTag>;
using VirtAddr = Address<struct VirtTag>;

constexpr u64 AlignDown(u64 value, u64 alignment) { return value & ~(alignment - 1); }
constexpr u64 AlignUp(u64 value, u64 alignment) { return (value + alignment - 1) & ~(alignment - 1); }  // caller bounds it
constexpr bool IsAligned(u64 value, u64 alignment) { return (value & (alignment - 1)) == 0; }
constexpr u64 PagesFor(u64 bytes) { return (bytes >> kPageBits) + ((bytes & (kPageSize - 1)) != 0); }

// Checked arithmetic: false when the true result does not fit, `out` then holds the wrapped value.
template <typename T>
[[nodiscard]] constexpr bool CheckedAdd(T a, T b, T* out) {
  return !__builtin_add_overflow(a, b, out);
}
template <typename T>
[[nodiscard]] constexpr bool CheckedMul(T a, T b, T* out) {
  return !__builtin_mul_overflow(a, b, out);
}

}  // namespace caponier
