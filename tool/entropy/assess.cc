#include "tool/entropy/assess.h"

#include <algorithm>
#include <bit>

#include "tool/entropy/parallel.h"

namespace caponier::tool::entropy {

Assessment AssessNonIid(const Samples& samples, DataKind kind) {
  Assessment out;
  Tasks tasks;
  const auto width = static_cast<unsigned>(std::bit_width(samples.alphabet - 1));
  const bool raw = kind == DataKind::kRaw, bitstring = samples.alphabet > 2 || !raw;
  const BitString packed = raw ? BitString::Pack(samples.symbols, width) : BitString();
  const BitString bits = bitstring ? samples.Bits() : BitString();
  if (bitstring) AddBitEstimators(bits, out.bits, tasks);
  if (raw && samples.alphabet > 2) AddSymbolEstimators(samples.symbols, samples.alphabet, packed, width, out.symbols, tasks);
  if (raw && samples.alphabet == 2) AddBitEstimators(packed, out.symbols, tasks);
  RunAll(tasks);
  if (raw) out.h_original = out.symbols.Least(samples.bits);
  if (bitstring) out.h_bitstring = out.bits.Least(1);
  out.h_assessed = std::min<double>(out.h_original.value_or(samples.bits), samples.bits * out.h_bitstring.value_or(1));
  return out;
}

}  // namespace caponier::tool::entropy
