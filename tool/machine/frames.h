// Takes frames out of the stream that the machine sends. The machine is not trusted: anything that is not a well-formed frame of
// a type that machines send is a Failure, and a Failure here ends the run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/link/protocol.h"

namespace caponier::tool {

struct Frame {
  link::FrameType type;
  Bytes payload;  // valid until the next call on the reader
};

class FrameReader {
 public:
  FrameReader();
  // Room for the next bytes of the stream, never empty; Filled says how many of them arrived.
  MutableBytes Space();
  void Filled(size_t bytes);
  // The next whole frame, if there is one. Throws Failure on a malformed one.
  std::optional<Frame> Next();
  bool mid_frame() const { return begin_ != end_; }

 private:
  std::vector<std::byte> buffer_;
  size_t begin_ = 0, end_ = 0;
};

// A frame as bytes, to send to the machine.
std::string EncodeFrame(link::FrameType type, Bytes payload);

// The payload as the record that a frame's type promises. Frames of these types have been checked for size by FrameReader.
template <typename T>
T PayloadAs(const Frame& frame) {
  T record;
  __builtin_memcpy(&record, frame.payload.data(), sizeof(T));
  return record;
}

}  // namespace caponier::tool
