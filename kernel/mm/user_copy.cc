#include "kernel/mm/user_copy.h"

namespace caponier::mm {

bool IsUserRange(UserAddr address, u64 bytes) {
  const u64 start = WithoutTopByte(address);
  return start <= arch::kUserEnd && bytes <= arch::kUserEnd - start;
}

Result<void> CopyFromUser(MutableBytes to, UserAddr from) {
  if (!IsUserRange(from, to.size()) || arch::CopyFromUserRaw(to.data(), from, to.size()) != 0) return Error::kBadAddress;
  return {};
}

Result<void> CopyToUser(UserAddr to, Bytes from) {
  if (!IsUserRange(to, from.size()) || arch::CopyToUserRaw(to, from.data(), from.size()) != 0) return Error::kBadAddress;
  return {};
}

Result<void> ZeroUser(UserAddr to, u64 bytes) {
  if (!IsUserRange(to, bytes) || arch::ZeroUserRaw(to, bytes) != 0) return Error::kBadAddress;
  return {};
}

Result<std::string_view> ReadUserString(std::span<char> buffer, UserAddr from) {
  // Aligned steps never touch a page, nor where memory is tagged a granule, that holds nothing of the string.
  constexpr u64 kStep = arch::kUserTopByteIgnored ? 16 : 64;
  size_t have = 0;
  while (have < buffer.size()) {
    size_t step = kStep - ((from + have) & (kStep - 1));
    if (step > buffer.size() - have) step = buffer.size() - have;
    TRY(CopyFromUser(std::as_writable_bytes(buffer.subspan(have, step)), from + have));
    const void* end = __builtin_memchr(buffer.data() + have, 0, step);
    if (end != nullptr)
      return std::string_view(buffer.data(), static_cast<size_t>(static_cast<const char*>(end) - buffer.data()));
    have += step;
  }
  return Error::kNameTooLong;
}

template <typename Step>
Result<void> IoBuffer::Advance(u64 bytes, Step step) {
  if (bytes > remaining_) __builtin_trap();
  u64 done = 0;
  while (done < bytes) {
    const Piece& piece = pieces_.empty() ? single_ : pieces_[piece_];
    const u64 left = piece.bytes - offset_;
    if (left == 0) {
      piece_++;
      offset_ = 0;
      continue;
    }
    const u64 now = left < bytes - done ? left : bytes - done;
    TRY(step(piece.address + offset_, done, now));
    offset_ += now;
    remaining_ -= now;
    done += now;
  }
  return {};
}

Result<void> IoBuffer::Put(Bytes from) {
  return Advance(from.size(), [&](u64 address, u64 done, u64 bytes) -> Result<void> {
    if (user_) return CopyToUser(address, from.subspan(done, bytes));
    __builtin_memcpy(reinterpret_cast<void*>(address), from.data() + done, bytes);
    return {};
  });
}

Result<void> IoBuffer::PutZeroes(u64 bytes) {
  return Advance(bytes, [&](u64 address, u64, u64 now) -> Result<void> {
    if (user_) return ZeroUser(address, now);
    __builtin_memset(reinterpret_cast<void*>(address), 0, now);
    return {};
  });
}

Result<void> IoBuffer::Take(MutableBytes to) {
  return Advance(to.size(), [&](u64 address, u64 done, u64 bytes) -> Result<void> {
    if (user_) return CopyFromUser(to.subspan(done, bytes), address);
    __builtin_memcpy(to.data() + done, reinterpret_cast<const void*>(address), bytes);
    return {};
  });
}

}  // namespace caponier::mm
