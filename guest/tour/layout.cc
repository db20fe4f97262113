// Where things stand, without saying where. Fresh mappings can be made as often as one likes, so their spread is measured; of the
// image, stack, break and vDSO one boot shows one place each, so what is shown is that none gives away another: they stand far apart.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/tour/stops.h"

namespace caponier::tour {
namespace {

constexpr uint64_t kPageSize = 4096;
constexpr int kMappingBits = 34;  // docs/address-space.md: the budget of the n-th mapping
constexpr int kTrials = 4096;

void* MapPage(int flags) { return mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0); }

int Compare(const void* a, const void* b) {
  const uint64_t x = *static_cast<const uint64_t*>(a), y = *static_cast<const uint64_t*>(b);
  return x < y ? -1 : x > y;
}

// Spread as bits, by two estimates that fail differently. The range, corrected for the sample's ends, sees a narrow window and not
// a coarse step; the balance of each bit sees a coarse step, and neighbours that follow one another show in the second.
void ShowMappings(Table& table, const char* claim, int flags) {
  static uint64_t pages[kTrials];
  int ones[kMappingBits] = {}, flips[kMappingBits] = {};
  for (int i = 0; i < kTrials; i++) {
    void* place = MapPage(flags);
    if (place == MAP_FAILED) return table.Row(Verdict::kFails, claim, "mmap failed");
    pages[i] = reinterpret_cast<uint64_t>(place) / kPageSize;
    munmap(place, kPageSize);
    for (int bit = 0; bit < kMappingBits; bit++) {
      ones[bit] += pages[i] >> bit & 1;
      flips[bit] += i > 0 && ((pages[i] ^ pages[i - 1]) >> bit & 1);
    }
  }
  // Six standard deviations of a fair coin thrown kTrials times.
  const double bound = 6 * sqrt(kTrials) / 2;
  int fair = 0;
  for (int bit = 0; bit < kMappingBits; bit++)
    fair += fabs(ones[bit] - kTrials / 2.0) < bound && fabs(flips[bit] - kTrials / 2.0) < bound;
  qsort(pages, kTrials, sizeof pages[0], Compare);
  int same = 0;
  for (int i = 1; i < kTrials; i++) same += pages[i] == pages[i - 1];
  const double range = static_cast<double>(pages[kTrials - 1] - pages[0]) * (kTrials + 1) / (kTrials - 1);
  const double bits = range > 0 ? log2(range) : 0;
  table.Row(HoldsIf(bits >= kMappingBits - 0.05 && fair == kMappingBits && same <= 1), claim,
            "%.1f bits of spread, %d of the low %d fair and independent, over %d mappings", bits, fair, kMappingBits, kTrials);
}

struct Region {
  const char* name;
  uint64_t place;
};

}  // namespace

void ShowLayout(Table& table) {
  table.Section("Layout");
  ShowMappings(table, "each mapping anywhere (34 bits)", 0);
  ShowMappings(table, "each thread stack anywhere (34 bits)", MAP_STACK | MAP_NORESERVE);

  static int in_data;
  int on_stack = 0;
  void* mapping = MapPage(0);
  const Region regions[] = {
      {"the image", reinterpret_cast<uint64_t>(&in_data)}, {"the stack", reinterpret_cast<uint64_t>(&on_stack)},
      {"the break", reinterpret_cast<uint64_t>(sbrk(0))},  {"the vDSO", getauxval(AT_SYSINFO_EHDR)},
      {"a mapping", reinterpret_cast<uint64_t>(mapping)},
  };
  // Five regions in 2^47 bytes come closer than this by chance once in 50,000 boots; Linux puts some of them closer always.
  constexpr int kLeastBits = 27;
  for (const Region& region : regions) {
    const Region* nearest = nullptr;
    uint64_t least = UINT64_MAX;
    for (const Region& other : regions) {
      const uint64_t distance = region.place > other.place ? region.place - other.place : other.place - region.place;
      if (&other == &region || other.place == 0 || distance >= least) continue;
      least = distance;
      nearest = &other;
    }
    char claim[64];
    snprintf(claim, sizeof claim, "%s stands alone", region.name);
    const double bits = log2(static_cast<double>(least));
    table.Row(HoldsIf(region.place != 0 && bits >= kLeastBits), claim,
              region.place == 0 ? "it has no place" : "next is %s, 2^%.1f bytes away", nearest->name, bits);
  }
  munmap(mapping, kPageSize);
}

}  // namespace caponier::tour
