// Any bytes as what a machine sends: each frame that is taken is whole and of a known type, and how the stream is cut into reads changes nothing. The
// first byte chooses how it is cut.
#include <algorithm>
#include <cstring>

#include "tool/failure.h"
#include "tool/machine/frames.h"

using namespace caponier;
using namespace caponier::tool;

namespace {

struct Taken {
  std::string text;  // of all frames
  bool refused = false, mid_frame = false;
  bool operator==(const Taken&) const = default;
};

Taken TakeAll(Bytes stream, size_t step) {
  FrameReader reader;
  Taken taken;
  try {
    while (!stream.empty()) {
      const MutableBytes space = reader.Space();
      if (space.empty()) __builtin_trap();
      const size_t bytes = std::min({space.size(), stream.size(), step});
      std::memcpy(space.data(), stream.data(), bytes);
      stream = stream.subspan(bytes);
      reader.Filled(bytes);
      while (const auto frame = reader.Next()) {
        if (frame->payload.size() > link::kMaxPayload) __builtin_trap();
        taken.text += EncodeFrame(frame->type, frame->payload);
        if (frame->type == link::FrameType::kExit) (void)PayloadAs<link::ExitRecord>(*frame);
        if (frame->type == link::FrameType::kTables) (void)PayloadAs<link::TablesRecord>(*frame);
        if (frame->type == link::FrameType::kTerminal) (void)PayloadAs<link::TerminalRecord>(*frame);
      }
    }
    taken.mid_frame = reader.mid_frame();
  } catch (const Failure& failure) {
    if (std::string_view(failure.what()).empty()) __builtin_trap();
    taken.refused = true;
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  if (size == 0) return 0;
  const Bytes stream = std::as_bytes(std::span(data, size)).subspan(1);
  const Taken whole = TakeAll(stream, ~size_t{0});
  if (TakeAll(stream, 1 + data[0]) != whole) __builtin_trap();
  // What was taken is the stream's beginning, and all of it but what is refused or has not ended.
  if (!AsText(stream).starts_with(whole.text)) __builtin_trap();
  if (!whole.refused && !whole.mid_frame && whole.text.size() != stream.size()) __builtin_trap();
  return 0;
}
