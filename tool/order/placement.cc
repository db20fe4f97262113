#include "tool/order/placement.h"

#include <algorithm>
#include <numeric>

namespace caponier::tool::order {

void Shuffle(std::span<size_t> numbers, const Draw& draw) {
  for (size_t left = numbers.size(); left > 1; left--) std::swap(numbers[left - 1], numbers[draw(left)]);
}

Placement Place(const LinkedKernel& kernel, const Draw& draw) {
  std::vector<size_t> order(kernel.functions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Shuffle(std::span(order).subspan(1), draw);
  Placement placement{.begins = std::vector<u64>(order.size())};
  u64 end = kernel.functions.front().end();
  for (const size_t number : std::span(order).subspan(1)) {
    const Function& function = kernel.functions[number];
    const u64 traps = 1 + draw(MostTraps(kernel.machine));
    const u64 begin = AlignUp(AlignUp(end, TrapBytes(kernel.machine)) + traps * TrapBytes(kernel.machine), function.alignment);
    placement.begins[number] = begin;
    end = begin + function.bytes;
  }
  placement.text_bytes = std::max(AlignUp(end + 1, kPageSize), kernel.text_bytes);  // a trap behind the last one, too
  return placement;
}

}  // namespace caponier::tool::order
