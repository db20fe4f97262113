// The pieces trace lines are made of. Internal to the trace_*.cc files.
#pragma once

#include "lib/linux_abi/name_table.h"
#include "lib/linux_abi/trace.h"

namespace caponier::linux_abi::internal {

// Bounds on what one line shows, strace's defaults.
inline constexpr size_t kShownBytes = 32;     // of a buffer
inline constexpr size_t kShownElements = 32;  // of a vector
inline constexpr size_t kShownStrings = 32;   // of an argument vector

// Counts columns on the way, and reads the program's memory.
class Writer final : public TextSink {
 public:
  Writer(TextSink& sink, MemoryReader& memory, size_t columns) : sink_(sink), memory_(memory), columns_(columns) {}
  [[gnu::noinline]] void Write(std::string_view text) override {
    sink_.Write(text);
    columns_ += text.size();
  }
  size_t columns() const { return columns_; }
  MemoryReader& memory() { return memory_; }

  template <typename T>
  bool Load(u64 address, T* value) {
    return address != 0 && memory_.Read(address, WritableBytesOf(*value));
  }

  void Signed(i64 value) { Format(*this, "{}", value); }
  void Unsigned(u64 value) { Format(*this, "{}", value); }
  void Hex(u64 value);                // 0 or 0x1f
  void Address(u64 value);            // NULL or 0x1f
  void Octal(u64 value, int digits);  // 0644
  void Join(bool* first) {            // ", " before all but the first
    if (!*first) Write(", ");
    *first = false;
  }

 private:
  TextSink& sink_;
  MemoryReader& memory_;
  size_t columns_;
};

// Text in quotes with C escapes; `next` is the byte after a cut, or NUL. `more` appends "...".
enum class Escapes : u8 { kShortest, kHex };
void Quoted(Writer& out, std::string_view text, bool more, Escapes escapes = Escapes::kShortest);
// `bytes` bytes at `address`, in quotes, cut after kShownBytes; the address when they cannot be read.
void QuotedBuffer(Writer& out, u64 address, u64 bytes, Escapes escapes = Escapes::kShortest);
// A NUL-ended string, whole; the address when it cannot be read.
void QuotedString(Writer& out, u64 address);
// ["a", "b"] of a NULL-ended vector of strings.
void StringVector(Writer& out, u64 address);
// The number of entries before the NULL.
void CountedVector(Writer& out, u64 address);

void SignalText(Writer& out, u64 signal);      // SIGINT, SIGRT_2, 0
void SignalSet(Writer& out, u64 set);          // [INT USR1], ~[KILL STOP]
void ClockedTime(Writer& out, Timespec time);  // {tv_sec=1, tv_nsec=0}
void WaitStatus(Writer& out, u32 status);
void FileMode(Writer& out, u64 mode);          // S_IFREG|0644
void ControlledFlags(Writer& out, u64 flags);  // prctl(PR_SET_TAGGED_ADDR_CTRL)

// Arguments whose text depends on their number alone. False for the other kinds.
bool WriteScalar(Writer& out, Argument kind, u64 value, Arch arch);
// The names of `value`'s bits that `table` has, joined; what is left of it. `first` says whether nothing was written yet.
u64 WriteFlags(Writer& out, const NameTable& table, u64 value, bool* first);
// All of `value`: names, then what is left as a number; 0 when there is nothing.
void FlagsText(Writer& out, const NameTable& table, u64 value, std::string_view none = "0");
// The clone(2) flags without the exit signal.
void CloneFlags(Writer& out, u64 flags);
void OpenFlags(Writer& out, u64 flags, Arch arch);
void SocketOptionName(Writer& out, u64 level, u64 option);
void SocketProtocolName(Writer& out, u64 family, u64 protocol);

// A call being written: what argument writers may look at.
struct Context {
  const TraceCall& call;
  Syscall syscall;
  bool after = false;  // the call has been made
  i64 result = 0;
  const u64* before = nullptr;
  bool failed() const { return result < 0 && result >= -4095; }
  u64 argument(size_t i) const { return i < kMaxArguments ? call.arguments[i] : 0; }
};

// Structures. Each writes one argument; `index` is its position.
void WriteStructure(Writer& out, const Context& context, Argument kind, size_t index);
// What an ioctl, fcntl, prctl, ... argument means, by an earlier one.
void WriteDependent(Writer& out, const Context& context, Argument kind, size_t index);
// clone(2), whose arguments strace orders and names.
void CloneEntry(Writer& out, const Context& context);
void CloneExit(Writer& out, const Context& context);
// How many arguments a call shows, and which it leaves out.
size_t ArgumentsShown(const Context& context, size_t count);
bool IsSkipped(const Context& context, Argument kind, size_t index);
// Whether an argument is known only after the call.
bool IsOutput(const Context& context, Argument kind, size_t index);
// " ([{fd=7, revents=POLLOUT}])", " (Timeout)": what follows the result of some calls.
void ResultRemark(Writer& out, const Context& context);
void FcntlResult(Writer& out, const Context& context);

}  // namespace caponier::linux_abi::internal
