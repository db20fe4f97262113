#include "tool/entropy/iid.h"

#include <algorithm>
#include <bit>

#include "tool/entropy/most_common_value.h"

namespace caponier::tool::entropy {

IidAssessment AssessIid(const Samples& samples, u64 seed, u32 permutations, const std::function<void(u32)>& progress) {
  IidAssessment out;
  out.h_original = std::min<double>(samples.bits, MostCommonValue(samples.symbols, samples.alphabet));
  if (samples.alphabet > 2) out.h_bitstring = MostCommonValue(samples.Bits());
  out.h_assessed = std::min(out.h_original, samples.bits * out.h_bitstring.value_or(1));
  out.independence = TestIndependence(samples.symbols, samples.alphabet);
  out.goodness_of_fit = TestGoodnessOfFit(samples.symbols, samples.alphabet);
  const auto width = static_cast<unsigned>(std::bit_width(samples.alphabet - 1));
  out.longest_repeat =
      TestLongestRepeat(samples.symbols, samples.alphabet, Repeats(BitString::Pack(samples.symbols, width), width));
  out.permutations = TestPermutations(samples, seed, permutations, progress);
  return out;
}

}  // namespace caponier::tool::entropy
