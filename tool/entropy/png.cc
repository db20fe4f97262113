#include "tool/entropy/png.h"

#include <algorithm>
#include <array>

namespace caponier::tool::entropy {
namespace {

void AppendBe32(std::vector<u8>& out, u32 value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<u8>(value >> shift));
}

// CRC-32. [png] annex D
u32 Crc(std::span<const u8> bytes) {
  u32 crc = ~u32{0};
  for (const u8 byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

void AppendChunk(std::vector<u8>& out, std::string_view type, std::span<const u8> data) {
  AppendBe32(out, static_cast<u32>(data.size()));
  const size_t start = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), data.begin(), data.end());
  AppendBe32(out, Crc(std::span(out).subspan(start)));
}

// Stored blocks. [zlib] 2.2 and [deflate] 3.2.4
std::vector<u8> Deflate(std::span<const u8> data) {
  std::vector<u8> out{0x78, 0x01};
  constexpr size_t kMost = 65535;
  for (size_t at = 0; at < data.size(); at += kMost) {
    const auto block = data.subspan(at, std::min(kMost, data.size() - at));
    const auto length = static_cast<u16>(block.size()), complement = static_cast<u16>(~length);
    out.push_back(at + kMost >= data.size() ? 1 : 0);
    for (const u16 word : {length, complement}) {
      out.push_back(static_cast<u8>(word));
      out.push_back(static_cast<u8>(word >> 8));
    }
    out.insert(out.end(), block.begin(), block.end());
  }
  u32 a = 1, b = 0;
  for (const u8 byte : data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  AppendBe32(out, b << 16 | a);
  return out;
}

}  // namespace

std::vector<u8> EncodePng(const Picture& picture) {
  std::vector<u8> out{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  std::vector<u8> header;
  AppendBe32(header, picture.width);
  AppendBe32(header, picture.height);
  header.insert(header.end(), {8, 0, 0, 0, 0});  // 8 bits of grey
  AppendChunk(out, "IHDR", header);
  std::vector<u8> rows;
  for (unsigned y = 0; y < picture.height; y++) {
    rows.push_back(0);  // no filter
    const auto row = picture.shades.begin() + static_cast<std::ptrdiff_t>(size_t{y} * picture.width);
    rows.insert(rows.end(), row, row + picture.width);
  }
  AppendChunk(out, "IDAT", Deflate(rows));
  AppendChunk(out, "IEND", {});
  return out;
}

std::string PngAddress(const Picture& picture) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:image/png;base64,";
  const std::vector<u8> bytes = EncodePng(picture);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    u32 group = 0;
    for (size_t j = 0; j < 3; j++) group = group << 8 | (j < have ? bytes[i + j] : 0);
    for (size_t j = 0; j < 4; j++) out += j <= have ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace caponier::tool::entropy
