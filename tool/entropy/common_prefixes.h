// The lengths of the common prefixes of neighbours among a text's sorted suffixes: n - 1 numbers that tell which strings repeat, how often.
// Two ways to the same list.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "lib/base/types.h"
#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

// Sorts the suffixes by 64 bits at a time, which is quick for anything like noise. `text` is symbols of `width` bits; the lengths count
// symbols and come to `sink` in order, some at a time. False, with the list unfinished, when the text repeats itself so much
// that the suffix array is the better way.
bool CommonPrefixesByWindows(const BitString& text, unsigned width, const std::function<void(std::span<const u32>)>& sink);

// By a suffix array: takes longer, but no longer for any text than for another. Uses 9 bytes a symbol. At most kLongestText symbols.
std::vector<i32> CommonPrefixesBySuffixArray(std::vector<u8> text);
inline constexpr u64 kLongestText = u64{1} << 30;

}  // namespace caponier::tool::entropy
