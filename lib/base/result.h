// Expected failures. A function that can fail for a reason its caller may meet in normal use returns Result<T>; TRY passes
// the failure on. Malformed input with detail goes to a Diagnostics object as well, and violated invariants do not return at
// all: they end in one [[noreturn]] report each. Linux errno values exist only at the system-call edge (lib/linux_abi).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace caponier {

// Why an operation did not happen. Named for the meaning, not for any one caller; lib/linux_abi maps them to errno.
enum class Error : uint8_t {
  kInvalidArgument = 1,  // a value outside what the operation takes
  kNoMemory,             // frames, address space or a table ran out
  kNotFound,             // a name or object that does not exist
  kExists,               // it exists already
  kNotDirectory,
  kIsDirectory,
  kNotEmpty,
  kAccessDenied,   // permissions refuse it
  kNotPermitted,   // policy refuses it, whoever asks (W^X, sealing)
  kBadDescriptor,  // no such open file, or not open for this
  kBadAddress,     // a user pointer that cannot be read or written
  kWouldBlock,     // nothing to do now, and the caller asked not to wait
  kInterrupted,    // a signal came first
  kTimedOut,
  kBusy,
  kTooManyOpen,
  kFileTooLarge,
  kNoSpace,
  kReadOnly,
  kBrokenPipe,
  kNotSeekable,
  kNotATerminal,
  kNameTooLong,
  kTooManyLinks,  // symbolic links that loop
  kNotExecutable,
  kArgumentsTooLong,
  kCrossDevice,
  kNoDevice,
  kNotSupported,    // understood, and this kernel does not do it
  kNotImplemented,  // no such call
  kOverflow,        // a result does not fit its type
  kOutOfRange,
  kNoProcess,
  kNoChild,
  kDeadlock,
  kIo,
  kMalformed,  // foreign bytes that break their format
  kNotSeeded,  // randomness was asked for before any credited source spoke
  kNoData,
  kNotASocket,
  kAddressFamily,   // no sockets of that family
  kSocketType,      // none of that type
  kSocketProtocol,  // none of that protocol
  kSocketOption,    // no such option
  kConnected,       // a destination for what has one
  kRemoved,         // it went while somebody waited for it
  kNoMessage,       // none of that type
  kMessageSize,     // a message that does not fit
  kNobodyThere,     // no device behind the node, no reader at the other end, no data past that place
};

template <typename T = void>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "return a pointer");

 public:
  using Value = T;
  constexpr Result(T value) : value_(std::move(value)) {}
  constexpr Result(Error error) : error_(error) {}

  constexpr bool ok() const { return value_.has_value(); }
  constexpr Error error() const {
    if (ok()) __builtin_trap();
    return error_;
  }
  // The value; traps on a failure, so that the wrong side is never read.
  constexpr T& value() & {
    if (!ok()) __builtin_trap();
    return *value_;
  }
  constexpr const T& value() const& {
    if (!ok()) __builtin_trap();
    return *value_;
  }
  constexpr T&& value() && {
    if (!ok()) __builtin_trap();
    return std::move(*value_);
  }
  constexpr T value_or(T other) const& { return ok() ? *value_ : std::move(other); }

 private:
  std::optional<T> value_;
  Error error_{};
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;
  constexpr Result() = default;
  constexpr Result(Error error) : error_(error) {}
  constexpr bool ok() const { return error_ == Error{}; }
  constexpr Error error() const {
    if (ok()) __builtin_trap();
    return error_;
  }
  constexpr void value() const {
    if (!ok()) __builtin_trap();
  }

 private:
  Error error_{};
};

// TRY(expression): the value of a Result, or return its error from the enclosing function.
#define TRY(...) \
  __extension__({ \
    auto try_result_ = (__VA_ARGS__); \
    if (!try_result_.ok()) return try_result_.error(); \
    std::move(try_result_).value(); \
  })

}  // namespace caponier
