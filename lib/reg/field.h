// Registers as values. A register is a struct over its raw bits; each field is a type that knows where it lies; reading and
// writing the hardware is someone else's business, so that a fake can stand in for it.
//
//   struct Status : reg::Register<Status, u32> {
//     using Register::Register;
//     using Ready = reg::Bit<0>;
//     using Mode = reg::Field<5, 4, Mode>;
//     static constexpr u32 kReserved = ~reg::Mask<u32, Ready, Mode>();
//   };
//   static_assert(reg::Disjoint<Status::Ready, Status::Mode>());
//   auto next = Status(raw).With<Status::Mode>(Mode::kFast);
#pragma once

#include <concepts>

#include "lib/base/types.h"

namespace caponier::reg {

// Bits Hi to Lo, both included, as a manual writes them, read as T.
template <unsigned Hi, unsigned Lo, typename T = u64>
struct Field {
  static_assert(Lo <= Hi && Hi < 64);
  using Type = T;
  static constexpr unsigned kHigh = Hi;
  static constexpr u64 kMax = ~u64{0} >> (63 - (Hi - Lo));
  static constexpr u64 kMask = kMax << Lo;

  static constexpr T Get(u64 raw) { return static_cast<T>((raw >> Lo) & kMax); }
  // A value that does not fit is a mistake in the caller, never a truncation.
  static constexpr u64 With(u64 raw, T value) {
    const u64 bits = static_cast<u64>(value);
    if (bits > kMax) __builtin_trap();
    return (raw & ~kMask) | bits << Lo;
  }
};

template <unsigned N>
using Bit = Field<N, N, bool>;

// All bits of the given fields.
template <std::unsigned_integral Raw, typename... Fields>
consteval Raw Mask() {
  return static_cast<Raw>((u64{0} | ... | Fields::kMask));
}

template <typename... Fields>
consteval bool Disjoint() {
  u64 seen = 0;
  bool disjoint = true;
  ((disjoint = disjoint && (seen & Fields::kMask) == 0, seen |= Fields::kMask), ...);
  return disjoint;
}

template <typename Self, std::unsigned_integral Raw>
class Register {
 public:
  constexpr Register() = default;
  constexpr explicit Register(Raw raw) : raw_(raw) {}

  constexpr Raw raw() const { return raw_; }
  template <typename F>
  constexpr typename F::Type Get() const {
    static_assert(F::kHigh < 8 * sizeof(Raw));
    return F::Get(raw_);
  }
  template <typename F>
  [[nodiscard]] constexpr Self With(typename F::Type value) const {
    static_assert(F::kHigh < 8 * sizeof(Raw));
    return Self(static_cast<Raw>(F::With(raw_, value)));
  }
  // Whether every bit that Self declares reserved is zero.
  constexpr bool reserved_clear() const { return (raw_ & Self::kReserved) == 0; }
  friend constexpr bool operator==(const Register&, const Register&) = default;

 private:
  Raw raw_ = 0;
};

}  // namespace caponier::reg
