#include "lib/random/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <set>
#include <type_traits>
#include <vector>

#include "lib/random/harvest.h"

namespace caponier::random {
namespace {

using Block = std::array<std::byte, 32>;

// No stream without proof, and no proof but from a root.
static_assert(!std::is_default_constructible_v<Seeded> && !std::is_default_constructible_v<Stream>);
static_assert(!std::is_constructible_v<Stream, Root&>);
template <typename T>
constexpr bool kOpensWithoutProof = requires(T& root) { Stream::Open(root, "purpose"); };
static_assert(!kOpensWithoutProof<Root>);
static_assert(!std::is_copy_constructible_v<Stream> && !std::is_copy_constructible_v<Root>);

Block BlockOf(u8 value) {
  Block block;
  block.fill(std::byte{value});
  return block;
}

void SeedWith(Root& root, u8 value) { root.Absorb(SourceId::kFirmwareSeed, BlockOf(value), {256}); }

Block DrawFrom(Stream& stream) {
  Block block;
  stream.Fill(block);
  return block;
}
Block FirstDraw(Root& root, std::string_view purpose = "test") {
  Stream stream = Stream::Open(root, root.Proof().value(), purpose);
  return DrawFrom(stream);
}

TEST(Root, RefusesUntilCredited) {
  Root root;
  EXPECT_EQ(root.Proof().error(), Error::kNotSeeded);
  root.Absorb(SourceId::kFirmwareSeed, BlockOf(1));
  EXPECT_EQ(root.Proof().error(), Error::kNotSeeded) << "bytes without credit";
  root.Absorb(SourceId::kFirmwareSeed, BlockOf(2), {255});
  EXPECT_EQ(root.Proof().error(), Error::kNotSeeded) << "one bit short";
  root.Absorb(SourceId::kVirtioRng, BlockOf(3), {1});
  EXPECT_TRUE(root.Proof().ok());
}

TEST(Root, WhatNobodyVouchesForIsNeverCredited) {
  Root root;
  for (int i = 0; i < 100; i++) root.Absorb(SourceId::kLauncherSeed, BlockOf(1), {256});
  for (int i = 0; i < 100; i++) root.Absorb(SourceId::kProgramWrite, BlockOf(1), {256});
  EXPECT_EQ(root.credited().value, 0u);
  EXPECT_EQ(root.source(SourceId::kProgramWrite).status, SourceStatus::kHealthy);
  EXPECT_FALSE(root.Proof().ok());
  SeedWith(root, 1);
  FirstDraw(root);
  for (int i = 0; i < 100; i++) root.Absorb(SourceId::kLauncherSeed, BlockOf(1), {256});
  EXPECT_EQ(root.hedge_reseeds(), 0u);
}

TEST(Root, CreditIsAtMostWhatTheBytesHold) {
  Root root;
  root.Absorb(SourceId::kVirtioRng, Bytes(BlockOf(1)).first(31), {100'000});
  EXPECT_EQ(root.credited().value, 248u);
  EXPECT_FALSE(root.Proof().ok());
}

TEST(Root, FailureRevokesCredit) {
  Root root;
  SeedWith(root, 1);
  ASSERT_TRUE(root.Proof().ok());
  root.Note(SourceId::kFirmwareSeed, SourceStatus::kFailed);
  EXPECT_FALSE(root.Proof().ok());
  EXPECT_EQ(root.source(SourceId::kFirmwareSeed).status, SourceStatus::kFailed);
  EXPECT_EQ(root.source(SourceId::kFirmwareSeed).failures, 1u);
}

TEST(Root, StarvationKeepsCredit) {
  Root root;
  SeedWith(root, 1);
  root.Note(SourceId::kFirmwareSeed, SourceStatus::kStarved);
  EXPECT_TRUE(root.Proof().ok());
}

TEST(Root, LosingOneOfTwoSourcesGoesOn) {
  Root root;
  SeedWith(root, 1);
  root.Absorb(SourceId::kVirtioRng, BlockOf(2), {256});
  Stream stream = Stream::Open(root, root.Proof().value(), "test");
  root.Note(SourceId::kVirtioRng, SourceStatus::kFailed);
  EXPECT_TRUE(root.Proof().ok());
  stream.Next();
}

TEST(RootDeathTest, DrawingAfterTheLastSourceIsLostStops) {
  Root root;
  SeedWith(root, 1);
  const Seeded seeded = root.Proof().value();
  Stream stream = Stream::Open(root, seeded, "test");
  root.Note(SourceId::kFirmwareSeed, SourceStatus::kFailed);
  EXPECT_DEATH(Stream::Open(root, seeded, "another"), "");
  EXPECT_DEATH(stream.Next(), "") << "although it has a key";
}

TEST(Root, EverythingBeforeTheFirstDrawIsInTheFirstSeed) {
  std::set<Block> draws;
  for (u8 late = 0; late < 40; late++) {  // more events than pools
    Root root;
    SeedWith(root, 1);
    for (int i = 0; i < 40; i++) root.Absorb(SourceId::kVirtioRng, BlockOf(i == late ? 77 : 0));
    draws.insert(FirstDraw(root));
  }
  EXPECT_EQ(draws.size(), 40u);
}

TEST(Root, RelocationCarriesTheStateAndLeavesNothing) {
  const auto fill = [](Root& root) {
    SeedWith(root, 9);
    Stream early = Stream::Open(root, root.Proof().value(), "early");
    early.Next();
  };
  Root stayed;
  fill(stayed);
  alignas(Root) std::byte first[sizeof(Root)], second[sizeof(Root)];
  std::memset(first, 0, sizeof(first));
  Root* root = new (first) Root;
  fill(*root);
  Stream stream = Stream::Open(*root, root->Proof().value(), "test");
  const std::vector<std::byte> key(first, first + sizeof(Root));
  Root* moved = root->RelocateTo(second);
  EXPECT_EQ(std::memcmp(second, key.data(), sizeof(Root)), 0) << "a copy of the bytes is a copy of the root";
  alignas(Root) std::byte fresh[sizeof(Root)];
  std::memset(fresh, 0, sizeof(fresh));
  new (fresh) Root;
  EXPECT_EQ(std::memcmp(first, fresh, sizeof(Root)), 0) << "the old place holds nothing";
  EXPECT_FALSE(root->Proof().ok());
  stream.Rebind(*moved);
  Stream expected = Stream::Open(stayed, stayed.Proof().value(), "test");
  EXPECT_EQ(DrawFrom(stream), DrawFrom(expected));
  // No address is in it: two roots in different places with the same history are the same bytes.
  alignas(Root) std::byte third[sizeof(Root)];
  std::memset(third, 0, sizeof(third));
  Root* twin = new (third) Root;
  fill(*twin);
  Stream::Open(*twin, twin->Proof().value(), "test");
  EXPECT_EQ(std::memcmp(second, third, sizeof(Root)), 0);
}

TEST(Stream, NamedStreamsDiffer) {
  std::set<Block> draws;
  for (std::string_view purpose : {"layout", "canary", "getrandom", ""}) {
    Root root;
    SeedWith(root, 1);
    draws.insert(FirstDraw(root, purpose));
  }
  EXPECT_EQ(draws.size(), 4u);
}

TEST(Stream, SameNameOpenedTwiceDiffers) {
  Root root;
  SeedWith(root, 1);
  EXPECT_NE(FirstDraw(root), FirstDraw(root));
}

TEST(Root, DrawsDoNotReseed) {
  Root root;
  SeedWith(root, 1);
  EXPECT_EQ(root.reseeds(), 0u);
  FirstDraw(root);
  EXPECT_EQ(root.reseeds(), 1u);
  FirstDraw(root);
  EXPECT_EQ(root.reseeds(), 1u);
}

TEST(Stream, SameHistorySameOutput) {  // or the tests above would pass on noise
  Root a, b;
  SeedWith(a, 1);
  SeedWith(b, 1);
  EXPECT_EQ(FirstDraw(a), FirstDraw(b));
}

TEST(Stream, ReseedRekeys) {
  Root a, b;
  SeedWith(a, 1);
  SeedWith(b, 1);
  Stream from_a = Stream::Open(a, a.Proof().value(), "test");
  Stream from_b = Stream::Open(b, b.Proof().value(), "test");
  EXPECT_EQ(from_a.Next(), from_b.Next());
  a.AbsorbAndReseed(SourceId::kVirtioRng, BlockOf(5));
  b.AbsorbAndReseed(SourceId::kVirtioRng, BlockOf(6));
  EXPECT_NE(from_a.Next(), from_b.Next());
}

// However the same bytes are asked for in small parts, they are the same bytes and never come twice.
TEST(Stream, PartsOfEverySizeJoin) {
  std::vector<std::byte> reference(4000);
  {
    Root root;
    SeedWith(root, 1);
    Stream stream = Stream::Open(root, root.Proof().value(), "test");
    for (std::byte& b : reference) stream.Fill({&b, 1});
  }
  for (size_t part : {2u, 7u, 32u, 100u, 479u, 480u}) {
    Root root;
    SeedWith(root, 1);
    Stream stream = Stream::Open(root, root.Proof().value(), "test");
    std::vector<std::byte> bytes(reference.size());
    for (size_t at = 0; at < bytes.size(); at += part)
      stream.Fill(MutableBytes(bytes).subspan(at, std::min(part, bytes.size() - at)));
    EXPECT_EQ(bytes, reference) << part;
  }
  std::set<std::vector<std::byte>> words;
  for (size_t at = 0; at < reference.size(); at += 8)
    words.insert({reference.begin() + static_cast<long>(at), reference.begin() + static_cast<long>(at) + 8});
  EXPECT_EQ(words.size(), reference.size() / 8);
}

TEST(Stream, LargeRequestsNeverRepeat) {
  Root root;
  SeedWith(root, 1);
  Stream stream = Stream::Open(root, root.Proof().value(), "test");
  std::set<std::pair<u64, u64>> seen;
  size_t blocks = 0;
  for (size_t size : {481u, 512u, 4096u, (1u << 20) + 4096u}) {
    std::vector<std::byte> bytes(size);
    stream.Fill(bytes);
    for (size_t at = 0; at + 16 <= size; at += 16, blocks++) {
      std::pair<u64, u64> block;
      std::memcpy(&block.first, bytes.data() + at, 8);
      std::memcpy(&block.second, bytes.data() + at + 8, 8);
      seen.insert(block);
    }
  }
  EXPECT_EQ(seen.size(), blocks);
}

bool Contains(Bytes haystack, Bytes needle) {
  return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

TEST(Stream, NothingDrawnStaysInTheObject) {
  Root root;
  SeedWith(root, 1);
  alignas(Stream) std::byte place[sizeof(Stream)];
  Stream* stream = new (place) Stream(Stream::Open(root, root.Proof().value(), "test"));
  for (size_t size : {8u, 32u, 100u, 480u, 5000u}) {
    for (int i = 0; i < 30; i++) {
      const std::vector<std::byte> before(place, place + sizeof(place));
      std::vector<std::byte> drawn(size);
      stream->Fill(drawn);
      for (size_t at = 0; at + 8 <= size; at += 8) ASSERT_FALSE(Contains(place, Bytes(drawn).subspan(at, 8))) << size;
    }
  }
  stream->~Stream();
}

TEST(Stream, ReseedErasesWhatWaited) {
  Root root;
  SeedWith(root, 1);
  alignas(Stream) std::byte place[sizeof(Stream)];
  Stream* stream = new (place) Stream(Stream::Open(root, root.Proof().value(), "test"));
  stream->Next();
  constexpr size_t kTail = 64;  // the last bytes of the object wait to be drawn
  const std::vector<std::byte> waiting(place + sizeof(place) - kTail, place + sizeof(place));
  ASSERT_NE(waiting, std::vector<std::byte>(kTail));
  root.ReseedNow();
  stream->Fill({});
  EXPECT_EQ(std::vector<std::byte>(place + sizeof(place) - kTail, place + sizeof(place)), std::vector<std::byte>(kTail));
  stream->~Stream();
}

TEST(Stream, UniformStaysBelowTheBoundAndReachesAll) {
  Root root;
  SeedWith(root, 1);
  Stream stream = Stream::Open(root, root.Proof().value(), "test");
  for (u64 bound : {1u, 2u, 3u, 7u, 10u}) {
    std::map<u64, int> counts;
    for (int i = 0; i < 1000; i++) counts[stream.Uniform(bound)]++;
    EXPECT_EQ(counts.size(), bound);
    EXPECT_LT(counts.rbegin()->first, bound);
  }
  // At 3 * 2^62 a careless modulo would make the lowest third twice as likely, a careless multiplication every third value: 1/2 of
  // the draws instead of 1/3.
  const u64 bound = u64{3} << 62;
  int low = 0, third = 0;
  for (int i = 0; i < 6000; i++) {
    const u64 value = stream.Uniform(bound);
    ASSERT_LT(value, bound);
    low += value < bound / 3;
    third += value % 3 == 0;
  }
  EXPECT_GT(third, 1800);
  EXPECT_LT(third, 2200);
  EXPECT_GT(low, 1800);  // 2000 expected, standard deviation 37
  EXPECT_LT(low, 2200);
}

TEST(StreamDeathTest, UniformOfZeroStops) {
  Root root;
  SeedWith(root, 1);
  Stream stream = Stream::Open(root, root.Proof().value(), "test");
  EXPECT_DEATH((void)stream.Uniform(0), "");
}

}  // namespace
}  // namespace caponier::random
