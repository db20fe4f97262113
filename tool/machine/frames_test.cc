#include "tool/machine/frames.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

using link::FrameType;

void Feed(FrameReader& reader, std::string_view bytes) {
  const MutableBytes space = reader.Space();
  ASSERT_GE(space.size(), bytes.size());
  std::memcpy(space.data(), bytes.data(), bytes.size());
  reader.Filled(bytes.size());
}

std::string Header(u8 type, u32 length) {
  link::FrameHeader header{.type = static_cast<FrameType>(type), .length = length};
  return std::string(AsText(BytesOf(header)));
}

TEST(FrameReader, SplitsAStreamWhereverItIsCut) {
  const std::string stream = EncodeFrame(FrameType::kStdout, AsBytes("one")) + EncodeFrame(FrameType::kStderr, AsBytes("")) +
                             EncodeFrame(FrameType::kTrace, AsBytes("three"));
  for (size_t cut = 0; cut <= stream.size(); cut++) {
    FrameReader reader;
    std::string seen;
    for (const std::string_view part : {std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut)}) {
      Feed(reader, part);
      while (const auto frame = reader.Next()) {
        seen += std::to_string(static_cast<int>(frame->type));
        seen += AsText(frame->payload);
      }
    }
    EXPECT_EQ(seen, "1one23three");
    EXPECT_FALSE(reader.mid_frame());
  }
}

TEST(FrameReader, CarriesALongStreamThroughItsBuffer) {
  FrameReader reader;
  const std::string frame = EncodeFrame(FrameType::kStdout, AsBytes(std::string(link::kMaxPayload, 'x')));
  std::string stream;
  for (int i = 0; i < 40; i++) stream += frame;
  size_t frames = 0;
  for (size_t at = 0; at < stream.size();) {
    const size_t take = std::min({reader.Space().size(), stream.size() - at, size_t{50'001}});
    Feed(reader, std::string_view(stream).substr(at, take));
    at += take;
    while (const auto next = reader.Next()) {
      EXPECT_EQ(next->payload.size(), link::kMaxPayload);
      frames++;
    }
  }
  EXPECT_EQ(frames, 40u);
}

TEST(FrameReader, RefusesUnknownTypesAndTypesThatOnlyTheToolSends) {
  for (const int type : {0, 10, 63, 64, 65, 66, 67, 255}) {
    FrameReader reader;
    Feed(reader, Header(static_cast<u8>(type), 0));
    EXPECT_THROW(reader.Next(), Failure) << type;
  }
}

TEST(FrameReader, RefusesReservedBytesThatAreNotZero) {
  for (size_t at = 1; at < 4; at++) {
    FrameReader reader;
    std::string header = Header(static_cast<u8>(FrameType::kStdout), 0);
    header[at] = 1;
    Feed(reader, header);
    EXPECT_THROW(reader.Next(), Failure) << at;
  }
}

TEST(FrameReader, RefusesALengthOverTheLimitBeforeTheBytesArrive) {
  for (const u32 length : {link::kMaxPayload + 1, 0x7fff'ffffu, 0xffff'ffffu}) {
    FrameReader reader;
    Feed(reader, Header(static_cast<u8>(FrameType::kStdout), length));
    EXPECT_THROW(reader.Next(), Failure);
  }
  FrameReader reader;
  Feed(reader, Header(static_cast<u8>(FrameType::kStdout), link::kMaxPayload));
  EXPECT_FALSE(reader.Next().has_value());
}

TEST(FrameReader, RefusesRecordsOfTheWrongSize) {
  for (const FrameType type : {FrameType::kExit, FrameType::kWantInput, FrameType::kTerminal, FrameType::kTables}) {
    for (const u32 length : {0u, 3u, 9u}) {
      FrameReader reader;
      Feed(reader, Header(static_cast<u8>(type), length));
      EXPECT_THROW(reader.Next(), Failure);
    }
  }
}

}  // namespace
}  // namespace caponier::tool
