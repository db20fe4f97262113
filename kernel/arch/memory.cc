// memcpy and its kin, which the compiler calls for. A word at a time and unrolled; no vector registers, which are the program's.
#include <cstddef>

#include "lib/base/types.h"

using caponier::u64;

namespace {

using Word [[gnu::may_alias, gnu::aligned(1)]] = u64;

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t bytes) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  for (; bytes >= 64; bytes -= 64, in += 64, out += 64) {
    const auto* source = reinterpret_cast<const Word*>(in);
    auto* target = reinterpret_cast<Word*>(out);
    const u64 a = source[0], b = source[1], c = source[2], d = source[3], e = source[4], f = source[5], g = source[6],
              h = source[7];
    target[0] = a, target[1] = b, target[2] = c, target[3] = d, target[4] = e, target[5] = f, target[6] = g, target[7] = h;
  }
  for (; bytes >= 8; bytes -= 8, in += 8, out += 8) *reinterpret_cast<Word*>(out) = *reinterpret_cast<const Word*>(in);
  for (; bytes > 0; bytes--) *out++ = *in++;
  return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  // Forward is right for a lower target: every step loads before it stores, and stores only below what is still to be loaded.
  if (out <= in || out >= in + bytes) return memcpy(to, from, bytes);
  for (; bytes >= 8; bytes -= 8) *reinterpret_cast<Word*>(out + bytes - 8) = *reinterpret_cast<const Word*>(in + bytes - 8);
  while (bytes-- > 0) out[bytes] = in[bytes];
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  auto* out = static_cast<unsigned char*>(to);
  const u64 pattern = 0x0101'0101'0101'0101 * static_cast<unsigned char>(value);
  for (; bytes >= 64; bytes -= 64, out += 64) {
    auto* target = reinterpret_cast<Word*>(out);
    target[0] = pattern, target[1] = pattern, target[2] = pattern, target[3] = pattern;
    target[4] = pattern, target[5] = pattern, target[6] = pattern, target[7] = pattern;
  }
  for (; bytes >= 8; bytes -= 8, out += 8) *reinterpret_cast<Word*>(out) = pattern;
  for (; bytes > 0; bytes--) *out++ = static_cast<unsigned char>(value);
  return to;
}

int memcmp(const void* left, const void* right, size_t bytes) {
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (; bytes > 0; bytes--, a++, b++) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

void* memchr(const void* in, int value, size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(in);
  for (; bytes > 0; bytes--, at++) {
    if (*at == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(at);
  }
  return nullptr;
}

size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

}  // extern "C"
