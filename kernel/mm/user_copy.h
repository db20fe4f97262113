// The only ways between kernel and program memory. Every address is checked to lie in the program's half before it is touched, and
// the pages are open to the kernel only inside arch's copy routines.
#pragma once

#include <string_view>
#include <type_traits>

#include "kernel/arch/machine.h"
#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::mm {

using UserAddr = u64;  // as the program gave it: unchecked

// AArch64 ignores the top byte of the program's addresses, which may hold a tag [arm-arm] D8.8.
constexpr u64 WithoutTopByte(UserAddr address) { return arch::kUserTopByteIgnored ? address & 0x00ff'ffff'ffff'ffff : address; }

// True when [address, address + bytes) lies in the program's half. Ignores AArch64 tag bytes (TBI).
bool IsUserRange(UserAddr address, u64 bytes);

Result<void> CopyFromUser(MutableBytes to, UserAddr from);
Result<void> CopyToUser(UserAddr to, Bytes from);
Result<void> ZeroUser(UserAddr to, u64 bytes);
// A NUL-terminated string: its text within `buffer`, without the NUL. kNameTooLong when it does not end within the buffer.
Result<std::string_view> ReadUserString(std::span<char> buffer, UserAddr from);

template <typename T>
Result<T> ReadUser(UserAddr from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  TRY(CopyFromUser(WritableBytesOf(value), from));
  return value;
}
template <typename T>
Result<void> WriteUser(UserAddr to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>,
                "padding would leak kernel memory");
  return CopyToUser(to, BytesOf(value));
}

// Where file data comes from or goes to: program memory (one or more pieces) or kernel memory, consumed from the front.
class IoBuffer {
 public:
  struct Piece {
    u64 address;
    u64 bytes;
  };
  static IoBuffer User(UserAddr address, u64 bytes) { return IoBuffer({address, bytes}, true); }
  // Pieces of an iovec, already copied in; `pieces` must outlive the buffer.
  static IoBuffer UserPieces(std::span<const Piece> pieces) { return IoBuffer(pieces); }
  static IoBuffer Kernel(MutableBytes bytes) { return IoBuffer({reinterpret_cast<u64>(bytes.data()), bytes.size()}, false); }
  static IoBuffer Kernel(Bytes bytes) { return IoBuffer({reinterpret_cast<u64>(bytes.data()), bytes.size()}, false); }

  u64 remaining() const { return remaining_; }
  void LimitTo(u64 bytes) { remaining_ = remaining_ < bytes ? remaining_ : bytes; }
  // Copies all of `from` into the buffer's memory (for a read). from.size() <= remaining().
  Result<void> Put(Bytes from);
  Result<void> PutZeroes(u64 bytes);
  // Fills all of `to` from the buffer's memory (for a write). to.size() <= remaining().
  Result<void> Take(MutableBytes to);

 private:
  IoBuffer(Piece piece, bool user) : single_(piece), remaining_(piece.bytes), user_(user) {}
  explicit IoBuffer(std::span<const Piece> pieces) : pieces_(pieces), user_(true) {
    for (const Piece& piece : pieces) remaining_ += piece.bytes;
  }
  template <typename Step>
  Result<void> Advance(u64 bytes, Step step);

  Piece single_{};
  std::span<const Piece> pieces_;  // empty: single_
  size_t piece_ = 0;
  u64 offset_ = 0;  // within the current piece
  u64 remaining_ = 0;
  bool user_;
};

}  // namespace caponier::mm
