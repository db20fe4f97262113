#include "tool/machine/frames.h"

#include <fmt/format.h>

#include <cstring>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

using link::FrameType;

// What a payload of this type may be long: exactly `size` when it is a record.
struct Shape {
  bool known = false;
  std::optional<size_t> size;
};

Shape ShapeOf(FrameType type) {
  switch (type) {
    case FrameType::kStdout:
    case FrameType::kStderr:
    case FrameType::kTrace:
    case FrameType::kMessage:
    case FrameType::kReport:
    case FrameType::kCrash: return {true, std::nullopt};
    case FrameType::kExit: return {true, sizeof(link::ExitRecord)};
    case FrameType::kWantInput: return {true, sizeof(Le32)};
    case FrameType::kSeed: return {true, link::kSeedBytes};
    case FrameType::kTables: return {true, sizeof(link::TablesRecord)};
    case FrameType::kTerminal: return {true, sizeof(link::TerminalRecord)};
    default: return {};
  }
}

}  // namespace

FrameReader::FrameReader() : buffer_(4 * (link::kMaxPayload + sizeof(link::FrameHeader))) {}

MutableBytes FrameReader::Space() {
  if (begin_ == end_) begin_ = end_ = 0;
  // One largest frame always fits behind `begin_` after this, and Next() has taken every whole frame, so there is room.
  if (buffer_.size() - begin_ < link::kMaxPayload + sizeof(link::FrameHeader)) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return MutableBytes(buffer_).subspan(end_);
}

void FrameReader::Filled(size_t bytes) { end_ += bytes; }

std::optional<Frame> FrameReader::Next() {
  link::FrameHeader header;
  if (end_ - begin_ < sizeof(header)) return std::nullopt;
  std::memcpy(&header, buffer_.data() + begin_, sizeof(header));
  const u32 length = header.length;
  const Shape shape = ShapeOf(header.type);
  if (header.reserved[0] != 0 || header.reserved[1] != 0 || header.reserved[2] != 0)
    throw Failure("the machine sent a frame with a header that is none");
  if (!shape.known) throw Failure(fmt::format("the machine sent a frame of unknown type {}", static_cast<unsigned>(header.type)));
  if (length > link::kMaxPayload)
    throw Failure(fmt::format("the machine sent a frame of {} bytes, more than {}", length, link::kMaxPayload));
  if (shape.size.has_value() && *shape.size != length) {
    throw Failure(fmt::format("the machine sent a record of type {} with {} bytes, not {}", static_cast<unsigned>(header.type),
                              length, *shape.size));
  }
  if (end_ - begin_ - sizeof(header) < length) return std::nullopt;
  const Frame frame{header.type, Bytes(buffer_).subspan(begin_ + sizeof(header), length)};
  begin_ += sizeof(header) + length;
  return frame;
}

std::string EncodeFrame(FrameType type, Bytes payload) {
  link::FrameHeader header{.type = type, .length = static_cast<u32>(payload.size())};
  std::string frame(AsText(BytesOf(header)));
  frame += AsText(payload);
  return frame;
}

}  // namespace caponier::tool
