// kernel_orders KERNEL FOLDER: the linked kernel with its functions in orders that draws at their edges make, and in a random one: for each
// FOLDER/ORDER, what boots, and FOLDER/ORDER.elf with its symbols. Prints the orders' names.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "tool/failure.h"
#include "tool/order/boot_kernel.h"

namespace {

using namespace caponier;
using namespace caponier::tool;

void Write(const std::string& path, Bytes bytes) { std::ofstream(path, std::ios::binary) << AsText(bytes); }

// The functions in reverse: each position, from the last, is drawn from those before it, so the first half's exchange is all there is to do.
class Reversed {
 public:
  u64 operator()(u64 bound) {
    if (count_ == 0) count_ = bound;
    if (++drawn_ >= count_) return bound / 2;  // a sled
    return std::min(count_ - bound, bound - 1);
  }

 private:
  u64 count_ = 0, drawn_ = 0;
};

}  // namespace

int main(int count, char** words) try {
  if (count != 3) return 2;
  const std::string kernel = words[1], folder = words[2];
  std::random_device seed;
  const std::pair<const char*, order::Draw> orders[] = {
      {"linked", [](u64 bound) { return bound - 1; }},  // with the longest sleds
      {"turned", [](u64) { return u64{0}; }},           // with the shortest
      {"reversed", Reversed()},
      {"halved", [](u64 bound) { return bound / 2; }},
      {"random", [random = std::mt19937_64(seed())](u64 bound) mutable { return random() % bound; }},
  };
  for (const auto& [name, draw] : orders) {
    const order::BootKernel boot = order::PrepareKernel(kernel, draw, KernelRoom(), order::Symbols::kWanted);
    std::ifstream made(boot.path, std::ios::binary);
    std::ofstream(fmt::format("{}/{}", folder, name), std::ios::binary) << made.rdbuf();
    Write(fmt::format("{}/{}.elf", folder, name), boot.symbols);
    fmt::print("{}\n", name);
  }
  return 0;
} catch (const Failure& failure) {
  Say(failure.what());
  return failure.status();
}
