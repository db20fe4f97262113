// The same for C++17 and later, without a library of its own.
//
//   std::array<std::byte, 32> key;
//   caponier::random::Fill(key.data(), key.size());
//   std::shuffle(cards.begin(), cards.end(), caponier::random::Generator());
#ifndef CAPONIER_RANDOM_HPP
#define CAPONIER_RANDOM_HPP

#include <caponier/random.h>

#include <cstddef>
#include <cstdint>

namespace caponier::random {

inline void Fill(void* buffer, std::size_t bytes) noexcept { caponier_random_fill(buffer, bytes); }
inline std::uint64_t Uniform(std::uint64_t bound) noexcept { return caponier_random_uniform(bound); }
inline void Reseed() noexcept { caponier_random_reseed(); }

// A uniform random bit generator. It has no state: all of them are one.
struct Generator {
  using result_type = std::uint64_t;
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return ~result_type{0}; }
  result_type operator()() const noexcept { return caponier_random_u64(); }
};

}  // namespace caponier::random

#endif
