#include "tool/entropy/non_iid.h"

#include <algorithm>

#include "tool/entropy/collision.h"
#include "tool/entropy/compression.h"
#include "tool/entropy/lag.h"
#include "tool/entropy/lz78y.h"
#include "tool/entropy/markov.h"
#include "tool/entropy/most_common_value.h"
#include "tool/entropy/multi_mcw.h"
#include "tool/entropy/multi_mmc.h"
#include "tool/entropy/tuples.h"

namespace caponier::tool::entropy {
namespace {

std::optional<double> EstimateOf(const std::optional<Predictions>& predictions, unsigned alphabet) {
  if (!predictions.has_value()) return std::nullopt;
  return PredictionEstimate(*predictions, alphabet);
}

void SetTuples(const Repeats& repeats, Estimates& out) {
  const TupleEstimates tuples = EstimateTuples(repeats);
  out[Estimator::kTTuple] = tuples.t_tuple;
  out[Estimator::kLrs] = tuples.lrs;
}

}  // namespace

double Estimates::Least(double ceiling) const {
  for (const auto& estimate : of) ceiling = std::min(ceiling, estimate.value_or(ceiling));
  return ceiling;
}

void AddBitEstimators(const BitString& bits, Estimates& out, Tasks& tasks) {
  tasks.emplace_back([&] { SetTuples(Repeats(bits, 1), out); });
  tasks.emplace_back([&] { out[Estimator::kMultiMmc] = PredictionEstimate(MultiMmc(bits), 2); });
  tasks.emplace_back([&] { out[Estimator::kMultiMcw] = EstimateOf(MultiMcw(bits), 2); });
  tasks.emplace_back([&] { out[Estimator::kLag] = PredictionEstimate(Lag(bits), 2); });
  tasks.emplace_back([&] { out[Estimator::kLz78y] = PredictionEstimate(Lz78y(bits), 2); });
  tasks.emplace_back([&] { out[Estimator::kCompression] = Compression(bits); });
  tasks.emplace_back([&] {
    out[Estimator::kMostCommonValue] = MostCommonValue(bits);
    out[Estimator::kCollision] = Collision(bits);
    out[Estimator::kMarkov] = Markov(bits);
  });
}

void AddSymbolEstimators(std::span<const u8> symbols, unsigned alphabet, const BitString& packed, unsigned width, Estimates& out,
                         Tasks& tasks) {
  tasks.emplace_back([=, &out] { out[Estimator::kMultiMmc] = PredictionEstimate(MultiMmc(symbols), alphabet); });
  tasks.emplace_back([=, &out] { out[Estimator::kMultiMcw] = EstimateOf(MultiMcw(symbols, alphabet), alphabet); });
  tasks.emplace_back([=, &packed, &out] { SetTuples(Repeats(packed, width), out); });
  tasks.emplace_back([=, &out] { out[Estimator::kLz78y] = PredictionEstimate(Lz78y(symbols), alphabet); });
  tasks.emplace_back([=, &out] { out[Estimator::kLag] = PredictionEstimate(Lag(symbols), alphabet); });
  tasks.emplace_back([=, &out] { out[Estimator::kMostCommonValue] = MostCommonValue(symbols, alphabet); });
}

}  // namespace caponier::tool::entropy
