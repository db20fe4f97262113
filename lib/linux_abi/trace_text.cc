// Numbers, strings, signals and small shared structures in strace's notation.
#include <bit>

#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_names.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/trace_writer.h"

namespace caponier::linux_abi::internal {
namespace {

CAPONIER_ABI_NAME_TABLE(kFileTypes, CAPONIER_LINUX_FILE_TYPES)
CAPONIER_ABI_NAME_TABLE(kControlFlags, CAPONIER_LINUX_TAGGED_ADDRESS_FLAGS)

constexpr char kHexDigits[] = "0123456789abcdef";

void Escaped(Writer& out, char c, char next, Escapes escapes) {
  auto byte = static_cast<unsigned char>(c);
  if (escapes == Escapes::kHex) {
    char text[] = {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    return out.Write({text, 4});
  }
  switch (c) {
    case '"': return out.Write("\\\"");
    case '\\': return out.Write("\\\\");
    case '\n': return out.Write("\\n");
    case '\t': return out.Write("\\t");
    case '\r': return out.Write("\\r");
    case '\v': return out.Write("\\v");
    case '\f': return out.Write("\\f");
    default: break;
  }
  if (byte >= 32 && byte < 127) return out.Write({&c, 1});
  // The shortest octal number, but all three digits before another digit.
  bool full = next >= '0' && next <= '9';
  char text[4] = {'\\'};
  size_t length = 1;
  if (full || byte >= 0100) text[length++] = static_cast<char>('0' + (byte >> 6));
  if (full || byte >= 010) text[length++] = static_cast<char>('0' + ((byte >> 3) & 7));
  text[length++] = static_cast<char>('0' + (byte & 7));
  out.Write({text, length});
}

}  // namespace

void Writer::Hex(u64 value) {
  if (value == 0) {
    Write("0");
  } else {
    Format(*this, "{:#x}", value);
  }
}

void Writer::Address(u64 value) {
  if (value == 0) {
    Write("NULL");
  } else {
    Format(*this, "{:#x}", value);
  }
}

void Writer::Octal(u64 value, int digits) {
  char text[24];
  size_t at = sizeof(text);
  do {
    text[--at] = static_cast<char>('0' + (value & 7));
    value >>= 3;
    digits--;
  } while (value != 0 || digits > 0);
  if (text[at] != '0') text[--at] = '0';
  Write({text + at, sizeof(text) - at});
}

void Quoted(Writer& out, std::string_view text, bool more, Escapes escapes) {
  out.Write("\"");
  for (size_t i = 0; i < text.size(); i++) Escaped(out, text[i], i + 1 < text.size() ? text[i + 1] : '\0', escapes);
  out.Write(more ? "\"..." : "\"");
}

void QuotedBuffer(Writer& out, u64 address, u64 bytes, Escapes escapes) {
  char text[kShownBytes];
  size_t shown = bytes < kShownBytes ? static_cast<size_t>(bytes) : kShownBytes;
  if (address == 0 || !out.memory().Read(address, std::as_writable_bytes(std::span(text, shown)))) return out.Address(address);
  Quoted(out, {text, shown}, shown < bytes, escapes);
}

// Reads a string byte by byte, from the program in aligned blocks: a block lies in one page, so it can be read when the byte can.
class ByteReader {
 public:
  explicit ByteReader(MemoryReader& memory) : memory_(memory) {}
  bool Get(u64 address, char* c) {
    u64 block = AlignDown(address, sizeof(bytes_));
    if (!valid_ || block != block_) {
      valid_ = memory_.Read(block, std::as_writable_bytes(std::span(bytes_)));
      block_ = block;
    }
    *c = bytes_[address - block];
    return valid_;
  }

 private:
  MemoryReader& memory_;
  u64 block_ = 0;
  bool valid_ = false;
  char bytes_[64] = {};
};

void QuotedString(Writer& out, u64 address) {
  // Measured first, so that a string that cannot be read is written as its address and nothing else.
  ByteReader reader(out.memory());
  u64 length = 0;
  char c = 0;
  if (address == 0) return out.Address(address);
  for (; length < kPathMax; length++) {
    if (!reader.Get(address + length, &c)) return out.Address(address);
    if (c == '\0') break;
  }
  out.Write("\"");
  char next = 0;
  (void)reader.Get(address, &next);
  for (u64 i = 0; i < length; i++) {
    c = next;
    next = 0;
    if (i + 1 < length) (void)reader.Get(address + i + 1, &next);
    Escaped(out, c, next, Escapes::kShortest);
  }
  out.Write(length == kPathMax ? "\"..." : "\"");
}

void StringVector(Writer& out, u64 address) {
  u64 string = 0;
  if (!out.Load(address, &string)) return out.Address(address);
  out.Write("[");
  for (size_t i = 0; string != 0; i++) {
    if (i > 0) out.Write(", ");
    if (i == kShownStrings) {
      out.Write("...");
      break;
    }
    QuotedString(out, string);
    if (!out.Load(address + (i + 1) * sizeof(u64), &string)) {
      out.Write(", ...");
      break;
    }
  }
  out.Write("]");
}

void CountedVector(Writer& out, u64 address) {
  out.Address(address);
  u64 count = 0, string = 0;
  constexpr u64 kMost = 100'000;
  while (count < kMost && out.Load(address + count * sizeof(u64), &string) && string != 0) count++;
  if (address != 0) Format(out, " /* {} var{} */", count, count == 1 ? "" : "s");
}

void SignalText(Writer& out, u64 signal) {
  auto number = static_cast<int>(signal);
  std::string_view name = SignalName(number);
  if (!name.empty()) {
    out.Write(name);
  } else if (number == kSIGRTMIN) {
    out.Write("SIGRTMIN");
  } else if (number > kSIGRTMIN && number <= 64) {
    Format(out, "SIGRT_{}", number - kSIGRTMIN);
  } else {
    out.Signed(number);
  }
}

void SignalSet(Writer& out, u64 set) {
  // A set that is mostly full is shown by what it lacks.
  if (std::popcount(set) >= 64 * 2 / 3) {
    out.Write("~");
    set = ~set;
  }
  out.Write("[");
  bool first = true;
  for (int signal = 1; signal <= 64; signal++) {
    if ((set >> (signal - 1) & 1) == 0) continue;
    if (!first) out.Write(" ");
    first = false;
    std::string_view name = SignalName(signal);
    if (!name.empty()) {
      out.Write(name.substr(3));
    } else if (signal == kSIGRTMIN) {
      out.Write("RTMIN");
    } else {
      Format(out, "RT_{}", signal - kSIGRTMIN);
    }
  }
  out.Write("]");
}

void ClockedTime(Writer& out, Timespec time) { Format(out, "{{tv_sec={}, tv_nsec={}}}", time.sec, time.nsec); }

void WaitStatus(Writer& out, u32 status) {
  u32 signal = status & 0x7f, high = (status >> 8) & 0xff;
  out.Write("{");
  if (signal == 0) {
    Format(out, "WIFEXITED(s) && WEXITSTATUS(s) == {}", high);
  } else if (status == 0xffff) {
    out.Write("WIFCONTINUED(s)");
  } else if (signal == 0x7f) {
    out.Write("WIFSTOPPED(s) && WSTOPSIG(s) == ");
    SignalText(out, high);
  } else {
    out.Write("WIFSIGNALED(s) && WTERMSIG(s) == ");
    SignalText(out, signal);
    if ((status & 0x80) != 0) out.Write(" && WCOREDUMP(s)");
  }
  out.Write("}");
}

void FileMode(Writer& out, u64 mode) {
  mode &= 0xffffffff;
  std::string_view type = NameOf(kFileTypes, mode & kS_IFMT);
  u64 rest = mode & 07777;
  if (!type.empty()) {
    out.Write(type);
    out.Write("|");
  } else {
    rest = mode;
  }
  if ((rest & kS_ISUID) != 0) out.Write("S_ISUID|");
  if ((rest & kS_ISGID) != 0) out.Write("S_ISGID|");
  if ((rest & kS_ISVTX) != 0) out.Write("S_ISVTX|");
  out.Octal(rest & ~u64{kS_ISUID | kS_ISGID | kS_ISVTX}, 3);
}

void ControlledFlags(Writer& out, u64 flags) {
  bool first = true;
  u64 tags = (flags & kPR_MTE_TAG_MASK) >> kPR_MTE_TAG_SHIFT;
  u64 rest = WriteFlags(out, kControlFlags, flags & ~u64{kPR_MTE_TAG_MASK}, &first);
  if (tags != 0) {
    if (!first) out.Write("|");
    first = false;
    Format(out, "{:#x}<<PR_MTE_TAG_SHIFT", tags);
  }
  if (rest == 0 && !first) return;
  if (!first) out.Write("|");
  out.Hex(rest);
}

}  // namespace caponier::linux_abi::internal
