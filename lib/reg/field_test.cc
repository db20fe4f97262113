#include "lib/reg/field.h"

#include <gtest/gtest.h>

namespace caponier::reg {
namespace {

enum class Mode : u8 { kSlow = 0, kFast = 2 };

struct Sample : Register<Sample, u32> {
  using Register::Register;
  using Ready = Bit<0>;
  using Speed = Field<5, 4, Mode>;
  using Top = Field<31, 24, u8>;
  static constexpr u32 kReserved = ~Mask<u32, Ready, Speed, Top>();
};
static_assert(Disjoint<Sample::Ready, Sample::Speed, Sample::Top>());
static_assert(!Disjoint<Sample::Speed, Field<4, 1>>());
static_assert(Sample::kReserved == 0x00ffffce);
static_assert(Field<63, 0>::kMask == ~u64{0} && Field<63, 0>::kMax == ~u64{0});
static_assert(Bit<63>::kMask == u64{1} << 63 && Bit<0>::kMax == 1);
static_assert(Sample(0xab000021).Get<Sample::Speed>() == Mode::kFast);
static_assert(Sample(0xab000021).Get<Sample::Top>() == 0xab);
static_assert(Sample(0xab000021).Get<Sample::Ready>());
static_assert(Sample(0xffffffff).With<Sample::Speed>(Mode::kSlow).raw() == 0xffffffcf);
static_assert(Sample(0).With<Sample::Top>(0x80).With<Sample::Ready>(true) == Sample(0x80000001));
static_assert(Sample(0xff000031).reserved_clear() && !Sample(0x40).reserved_clear());

TEST(Field, EveryBitStandsAlone) {
  for (u64 value = 0; value < 16; value++) {
    u64 raw = Field<11, 8>::With(~u64{0}, value);
    EXPECT_EQ((Field<11, 8>::Get(raw)), value);
    EXPECT_EQ(raw | 0xf00, ~u64{0});
    EXPECT_EQ((Field<11, 8>::With(0, value)), value << 8);
  }
}

TEST(FieldDeathTest, AValueThatDoesNotFitStops) {
  volatile u64 value = 16;
  EXPECT_DEATH(((void)Field<11, 8>::With(0, value)), "");
}

}  // namespace
}  // namespace caponier::reg
