// A program's registers and memory are whatever it likes: no call, pointer, count or structure may upset the writer of traces.
#include <cstdint>
#include <cstring>

#include "lib/linux_abi/trace.h"

namespace caponier::linux_abi {
namespace {

constexpr u64 kBase = 0x10000;

class InputMemory final : public MemoryReader {
 public:
  InputMemory(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool Read(u64 address, MutableBytes to) override {
    if (address < kBase || address - kBase > size_ || to.size() > size_ - (address - kBase)) return false;
    std::memcpy(to.data(), data_ + (address - kBase), to.size());
    return true;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

class CountingSink final : public TextSink {
 public:
  void Write(std::string_view text) override {
    for (char c : text) {
      if (c < ' ' || c > '~') __builtin_trap();  // one printable line
    }
    written_ += text.size();
  }
  size_t written_ = 0;
};

}  // namespace
}  // namespace caponier::linux_abi

// Two bytes choose the call and the machine, one the result; twelve make six arguments, each a place in the rest or a number.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace caponier;
  using namespace caponier::linux_abi;
  constexpr size_t kHead = 15;
  if (size < kHead) return 0;
  InputMemory memory(data + kHead, size - kHead);
  TraceCall call;
  call.arch = (data[1] & 0x80) != 0 ? Arch::kAarch64 : Arch::kX86_64;
  call.number = (data[0] | data[1] << 8) & 0x1ff;
  for (size_t i = 0; i < kMaxArguments; i++) {
    u64 low = data[3 + 2 * i], high = data[4 + 2 * i];
    call.arguments[i] = (high & 0x80) != 0   ? kBase + (low | (high & 0x7f) << 8)
                        : (high & 0x40) != 0 ? ~u64{0} - low
                                             : low | high << 8;
  }
  i64 result = data[2] < 0x80 ? data[2] : -static_cast<i64>(data[2] - 0x7f) * 4;
  CountingSink sink;
  TraceState state = TraceEntry(sink, call, memory);
  TraceExit(sink, call, state, result, memory);
  if (sink.written_ > 4 * 1024 * 1024) __builtin_trap();
  Siginfo info;
  if (size - kHead >= sizeof(info)) {
    std::memcpy(static_cast<void*>(&info), data + kHead, sizeof(info));
    TraceSignal(sink, info);
  }
  return 0;
}
