// Place against its definition, in windows of up to 256 pages: a valid place, or kNoMemory when and only when there is none.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <set>
#include <vector>

#include "lib/aslr/place.h"
#include "lib/aslr/range_set.h"

namespace caponier::aslr {
namespace {

// Draws are taken from the input: low bits of each byte, then zeroes.
class InputSource {
 public:
  InputSource(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  u64 Byte() { return used_ < size_ ? data_[used_++] : 0; }
  u64 Uniform(u64 bound) {
    if (bound == 0) __builtin_trap();
    u64 value = Byte() | Byte() << 8;
    return value % bound;  // need not be fair: any outcome must be right
  }
  u64 Next() { return Byte(); }

 private:
  const uint8_t* data_;
  size_t size_, used_ = 0;
};

void Check(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace
}  // namespace caponier::aslr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace caponier;
  using namespace caponier::aslr;
  InputSource input(data, size);
  PageRange window;
  window.begin = input.Byte();
  window.end = window.begin + input.Byte();
  PlaceRequest request = {
      .pages = 1 + input.Byte() % 32, .guard_pages = input.Byte() % 8, .alignment = u64{1} << (input.Byte() % 6)};
  if (u64 choice = input.Byte() % 8; choice > 4)
    request.block = std::max(std::bit_ceil(request.pages), request.alignment) << (choice - 5);
  RangeSet<16> taken;
  for (u64 count = input.Byte() % 16; count > 0; count--) {
    u64 begin = input.Byte() * 2;
    (void)taken.Insert({begin, begin + input.Byte() % 24}).ok();
  }
  std::set<u64> valid;
  for (u64 page = window.begin; page < window.end; page++) {
    u64 begin = page - request.guard_pages, end = page + request.pages + request.guard_pages;
    if (request.block != 0 && page / request.block != (page + request.pages - 1) / request.block) continue;
    if (page % request.alignment != 0 || page < window.begin + request.guard_pages || end > window.end) continue;
    bool free = true;
    for (PageRange range : taken.ranges()) free = free && !(range.begin < end && begin < range.end);
    if (free) valid.insert(page);
  }
  Check(CountPlaces(request, window, taken) == valid.size());
  Result<u64> place = Place(input, request, window, taken, static_cast<int>(input.Byte() % 20));
  Check(place.ok() == !valid.empty());
  if (place.ok()) {
    Check(valid.contains(place.value()));
  } else {
    Check(place.error() == Error::kNoMemory);
  }
  return 0;
}
