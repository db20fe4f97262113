#include "tool/entropy/common_prefixes.h"

#include <divsufsort.h>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <utility>

#include "tool/entropy/processor.h"

namespace caponier::tool::entropy {
namespace {

// The sorter's view of a text: the number that stands for the `per_window` symbols after a suffix's first `depth`. Symbols beyond the end
// read as zero.
class Text {
 public:
  Text(const BitString& bits, unsigned width)
      : bits_(bits),
        width_(width),
        per_window_(64 / width),
        mask_(~u64{0} << (64 - per_window_ * width)),
        size_(bits.size() / width) {
    for (unsigned i = 0; i <= 64; i++) symbols_of_bits_[i] = static_cast<u8>(i / width);
  }

  u64 size() const { return size_; }
  unsigned per_window() const { return per_window_; }
  u64 Key(u64 suffix, u64 depth = 0) const { return bits_.Window((suffix + depth) * width_) & mask_; }
  // How many symbols two different keys share; of equal ones, all.
  [[gnu::always_inline]] u32 Shared(u64 a, u64 b) const { return symbols_of_bits_[std::countl_zero(a ^ b)]; }

 private:
  const BitString& bits_;
  unsigned width_, per_window_;
  u64 mask_, size_;
  std::array<u8, 65> symbols_of_bits_{};
};

// Too much repetition: see CommonPrefixesByWindows.
struct GiveUp {};

// Sorts suffixes that share a prefix.
class DeepSorter {
 public:
  explicit DeepSorter(const Text& text) : text_(text), budget_(16 * text.size() + 4096) {}

  // Appends the lengths of the neighbours' common prefixes, all at least `depth`, to `out`. Reorders `suffixes`, at least two that share
  // `depth` symbols.
  void Sort(std::span<u32> suffixes, u64 depth, std::vector<u32>& out, unsigned nested = 0) {
    // What lies on the stack at most is 50 MB.
    constexpr unsigned kDeepest = 200;
    constexpr size_t kLargest = 1u << 14;
    if (nested > kDeepest || suffixes.size() > kLargest) throw GiveUp();
    if (suffixes.size() == 2) return out.push_back(SharedByTwo(suffixes[0], suffixes[1], depth));
    Spend(suffixes.size());
    struct Entry {
      u64 key;
      u32 suffix;
    };
    std::vector<Entry> entries;
    entries.reserve(suffixes.size());
    for (const u32 suffix : suffixes) entries.push_back({text_.Key(suffix, depth), suffix});
    // Where one ends, it comes before longer ones that go on with zeros.
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.suffix > b.suffix; });
    for (size_t i = 0; i < entries.size(); i++) suffixes[i] = entries[i].suffix;
    const auto left = [&](size_t i) { return text_.size() - entries[i].suffix - depth; };
    for (size_t i = 0; i < entries.size();) {
      if (i > 0) {
        const u64 shared = text_.Shared(entries[i - 1].key, entries[i].key);
        out.push_back(static_cast<u32>(depth + std::min({shared, left(i - 1), left(i)})));
      }
      // The ended ones of a run of equal keys, then the others, which need a deeper look.
      size_t end = i + 1;
      while (end < entries.size() && entries[end].key == entries[i].key) end++;
      while (i + 1 < end && left(i) < text_.per_window()) out.push_back(static_cast<u32>(depth + left(i++)));
      if (end - i >= 2) Sort(suffixes.subspan(i, end - i), depth + text_.per_window(), out, nested + 1);
      i = end;
    }
  }

 private:
  u32 SharedByTwo(u64 a, u64 b, u64 depth) {
    const u64 most = text_.size() - std::max(a, b);
    while (depth < most) {
      Spend(1);
      const u64 x = text_.Key(a, depth), y = text_.Key(b, depth);
      if (x != y) return static_cast<u32>(std::min(most, depth + text_.Shared(x, y)));
      depth += text_.per_window();
    }
    return static_cast<u32>(most);
  }

  void Spend(u64 windows) {
    if (windows > budget_) throw GiveUp();
    budget_ -= windows;
  }

  const Text& text_;
  u64 budget_;
};

// What neighbours among sorted keys share.
CAPONIER_FOR_NEWER_PROCESSORS_TOO
void ShareByNeighbours(const Text& text, std::span<const u64> keys, u32* out) {
  for (size_t i = 0; i + 1 < keys.size(); i++) out[i] = text.Shared(keys[i], keys[i + 1]);
}

// Takes the sorted keys and gives the lengths. The last suffixes are shorter than a window; they are merged in here.
class Lengths {
 public:
  Lengths(const Text& text, u64 first_short, const std::function<void(std::span<const u32>)>& sink) : text_(text), sink_(sink) {
    for (u64 suffix = first_short; suffix < text.size(); suffix++) shorts_.push_back({text.Key(suffix), text.size() - suffix});
    std::sort(shorts_.begin(), shorts_.end(),
              [](const Short& a, const Short& b) { return a.key != b.key ? a.key < b.key : a.left < b.left; });
  }

  void Key(u64 key) {
    while (next_short_ < shorts_.size() && shorts_[next_short_].key <= key) TakeShort();
    Push(key, text_.per_window());
  }
  void Keys(std::span<const u64> keys) {
    while (!keys.empty()) {
      Key(keys.front());
      // Up to where the next short one goes in between.
      const auto end =
          next_short_ == shorts_.size() ? keys.end() : std::lower_bound(keys.begin(), keys.end(), shorts_[next_short_].key);
      const auto run = static_cast<size_t>(std::max<std::ptrdiff_t>(1, end - keys.begin()));
      const size_t have = out_.size();
      out_.resize(have + run - 1);
      ShareByNeighbours(text_, keys.first(run), out_.data() + have);
      last_key_ = keys[run - 1];
      keys = keys.subspan(run);
      Flush();
    }
  }
  // What two equal keys share is known by a deeper look.
  void Deep(u32 length) { out_.push_back(length); }
  void Finish() {
    while (next_short_ < shorts_.size()) TakeShort();
    sink_(out_);
  }
  void Flush() {
    constexpr size_t kChunk = 4096;
    if (out_.size() < kChunk) return;
    sink_(out_);
    out_.clear();
  }

 private:
  struct Short {
    u64 key, left;
  };
  void TakeShort() {
    Push(shorts_[next_short_].key, shorts_[next_short_].left);
    next_short_++;
  }
  void Push(u64 key, u64 left) {
    if (!first_) out_.push_back(static_cast<u32>(std::min({u64{text_.Shared(last_key_, key)}, last_left_, left})));
    first_ = false;
    last_key_ = key;
    last_left_ = left;
  }

  const Text& text_;
  const std::function<void(std::span<const u32>)>& sink_;
  std::vector<Short> shorts_;
  size_t next_short_ = 0;
  bool first_ = true;
  u64 last_key_ = 0, last_left_ = 0;
  std::vector<u32> out_;
};

// Sorts keys of which the highest `done` bits are equal: two rounds by eleven bits each, then what these left together.
class KeySorter {
 public:
  void Sort(std::vector<u64>& keys, unsigned done) {
    constexpr size_t kFew = 64;
    if (keys.size() < kFew || done + kRounds * kDigit > 64) return std::sort(keys.begin(), keys.end());
    const unsigned lowest = 64 - done - kRounds * kDigit;
    std::array<std::array<u32, 1u << kDigit>, kRounds> starts{};
    for (const u64 key : keys) {
      for (unsigned round = 0; round < kRounds; round++) starts[round][key >> (lowest + round * kDigit) & kMask]++;
    }
    other_.resize(keys.size());
    for (unsigned round = 0; round < kRounds; round++) {
      u32 start = 0;
      for (u32& count : starts[round]) start += std::exchange(count, start);
      for (const u64 key : keys) other_[starts[round][key >> (lowest + round * kDigit) & kMask]++] = key;
      keys.swap(other_);
    }
    for (size_t i = 0; i < keys.size();) {
      size_t end = i + 1;
      while (end < keys.size() && (keys[end] ^ keys[i]) >> lowest == 0) end++;
      if (end - i > 1) std::sort(keys.begin() + static_cast<std::ptrdiff_t>(i), keys.begin() + static_cast<std::ptrdiff_t>(end));
      i = end;
    }
  }

 private:
  static constexpr unsigned kDigit = 11, kRounds = 2;
  static constexpr u64 kMask = (1u << kDigit) - 1;
  std::vector<u64> other_;
};

// Sorts suffixes bucket by bucket, in order.
class BucketSorter {
 public:
  BucketSorter(const Text& text, Lengths& lengths) : text_(text), lengths_(lengths), deep_(text) {}

  // Suffixes of which the first `done` bits are equal. Reorders them.
  void Sort(std::span<u32> suffixes, unsigned done) {
    // Keys take more memory than suffixes; of skewed noise most lie in one bucket, which is split further.
    constexpr size_t kMost = 1u << 20;
    if (suffixes.size() <= kMost) return SortKeys(suffixes, done);
    if (done + kSplit > 64) throw GiveUp();
    std::vector<u32> ends((1u << kSplit) + 1);
    const auto part_of = [&](u32 suffix) { return text_.Key(suffix) << done >> (64 - kSplit); };
    for (const u32 suffix : suffixes) ends[part_of(suffix) + 1]++;
    for (size_t i = 1; i < ends.size(); i++) ends[i] += ends[i - 1];
    {
      const std::vector<u32> copy(suffixes.begin(), suffixes.end());
      for (const u32 suffix : copy) suffixes[ends[part_of(suffix)]++] = suffix;
    }
    // Each start has moved to the end.
    for (size_t i = 0; i < (1u << kSplit); i++) {
      const u32 start = i == 0 ? 0 : ends[i - 1];
      Sort(suffixes.subspan(start, ends[i] - start), done + kSplit);
    }
  }

 private:
  static constexpr unsigned kSplit = 11;

  void SortKeys(std::span<u32> suffixes, unsigned done) {
    keys_.clear();
    for (const u32 suffix : suffixes) keys_.push_back(text_.Key(suffix));
    sorter_.Sort(keys_, done);
    if (std::adjacent_find(keys_.begin(), keys_.end()) == keys_.end()) return lengths_.Keys(keys_);
    std::sort(suffixes.begin(), suffixes.end(), [&](u32 a, u32 b) { return text_.Key(a) < text_.Key(b); });
    std::vector<u32> found;
    for (size_t i = 0; i < keys_.size();) {
      size_t end = i + 1;
      while (end < keys_.size() && keys_[end] == keys_[i]) end++;
      lengths_.Key(keys_[i]);
      if (end - i > 1) {
        found.clear();
        deep_.Sort(suffixes.subspan(i, end - i), text_.per_window(), found);
        for (const u32 length : found) lengths_.Deep(length);
      }
      lengths_.Flush();
      i = end;
    }
  }

  const Text& text_;
  Lengths& lengths_;
  DeepSorter deep_;
  KeySorter sorter_;
  std::vector<u64> keys_;
};

}  // namespace

bool CommonPrefixesByWindows(const BitString& bits, unsigned width, const std::function<void(std::span<const u32>)>& sink) {
  const Text text(bits, width);
  const u64 first_short = text.size() - std::min<u64>(text.size(), text.per_window());
  // Buckets by the first bits, of a few thousand suffixes each: a bucket is sorted within the nearest caches.
  const auto size_bits = static_cast<unsigned>(std::bit_width(text.size()));
  const unsigned bucket_bits = size_bits > 14 ? size_bits - 13 : 1;
  const auto bucket_of = [&](u64 suffix) { return text.Key(suffix) >> (64 - bucket_bits); };
  std::vector<u64> starts((size_t{1} << bucket_bits) + 1);
  for (u64 suffix = 0; suffix < first_short; suffix++) starts[bucket_of(suffix) + 1]++;
  for (size_t i = 1; i < starts.size(); i++) starts[i] += starts[i - 1];
  std::vector<u32> suffixes(first_short);
  std::vector<u64> ends(starts.begin(), starts.end() - 1);
  for (u64 suffix = 0; suffix < first_short; suffix++) suffixes[ends[bucket_of(suffix)]++] = static_cast<u32>(suffix);

  Lengths lengths(text, first_short, sink);
  BucketSorter sorter(text, lengths);
  try {
    for (size_t i = 0; i + 1 < starts.size(); i++) {
      sorter.Sort(std::span(suffixes).subspan(starts[i], starts[i + 1] - starts[i]), bucket_bits);
    }
  } catch (const GiveUp&) {
    return false;
  }
  lengths.Finish();
  return true;
}

std::vector<i32> CommonPrefixesBySuffixArray(std::vector<u8> text) {
  const auto size = static_cast<i32>(text.size());
  std::vector<i32> suffixes(text.size());
  if (divsufsort(text.data(), suffixes.data(), size) != 0) throw std::runtime_error("no memory for a suffix array");
  // Kasai et al. in the form that needs no ranks: for each suffix the one sorted before it, replaced by what the two share. [karkkainen]
  std::vector<i32> shared(text.size());
  shared[static_cast<size_t>(suffixes[0])] = -1;
  for (size_t i = 1; i < suffixes.size(); i++) shared[static_cast<size_t>(suffixes[i])] = suffixes[i - 1];
  i32 length = 0;
  for (i32 at = 0; at < size; at++) {
    const i32 before = shared[static_cast<size_t>(at)];
    if (before < 0) {
      length = 0;
    } else {
      const i32 most = size - std::max(at, before);
      while (length < most && text[static_cast<size_t>(at + length)] == text[static_cast<size_t>(before + length)]) length++;
    }
    shared[static_cast<size_t>(at)] = length;
    if (length > 0) length--;
  }
  // In the place of the suffixes: memory is short.
  for (size_t i = 0; i + 1 < suffixes.size(); i++) suffixes[i] = shared[static_cast<size_t>(suffixes[i + 1])];
  suffixes.pop_back();
  return suffixes;
}

}  // namespace caponier::tool::entropy
