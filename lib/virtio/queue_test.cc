#include "lib/virtio/queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>

#include "lib/virtio/ring_for_test.h"

namespace caponier::virtio {
namespace {

constexpr Buffer Reads(u64 address, u32 length) { return {PhysAddr{address}, length, Direction::kDeviceReads}; }
constexpr Buffer Writes(u64 address, u32 length) { return {PhysAddr{address}, length, Direction::kDeviceWrites}; }

struct Pair {
  explicit Pair(u16 size) : ring(*page, size), queue(Queue::Create(page->view(), kPageAddressForTest, size).value()) {}
  u16 Add(std::initializer_list<Buffer> chain) { return queue.AddBuffer(std::span(chain.begin(), chain.size())).value(); }
  std::unique_ptr<PageForTest> page = std::make_unique<PageForTest>();
  RingForTest ring;
  Queue queue;
};

TEST(Queue, LaysTheRingsOutAsTheStandardSays) {
  // [virtio-v1.2] 2.7: 16 bytes a descriptor; available 6 + 2 each; used 6 + 8 each, on a multiple of four.
  Pair pair(128);
  QueueAddresses addresses = pair.queue.addresses();
  EXPECT_EQ(addresses.descriptors, kPageAddressForTest);
  EXPECT_EQ(addresses.available, kPageAddressForTest + 2048);
  EXPECT_EQ(addresses.used, kPageAddressForTest + 2048 + 264);
  EXPECT_EQ(RingBytes(128), 2048u + 264 + 6 + 1024);
}

TEST(Queue, CreateChecksItsArguments) {
  PageForTest page;
  std::memset(page.bytes, 0xff, sizeof(page.bytes));
  for (u16 size : {0, 3, 129, 256})
    EXPECT_EQ(Queue::Create(page.view(), kPageAddressForTest, size).error(), Error::kInvalidArgument);
  EXPECT_FALSE(Queue::Create(page.view().first(4095), kPageAddressForTest, 8).ok());
  EXPECT_FALSE(Queue::Create(page.view(), kPageAddressForTest + 8, 8).ok());
  EXPECT_EQ(page.bytes[0], std::byte{0xff});
  EXPECT_TRUE(Queue::Create(page.view(), kPageAddressForTest, 1).ok());
  for (std::byte byte : page.bytes) ASSERT_EQ(byte, std::byte{0});
}

TEST(Queue, UsableSize) {
  EXPECT_EQ(UsableQueueSize(0), 0);
  EXPECT_EQ(UsableQueueSize(1), 1);
  EXPECT_EQ(UsableQueueSize(100), 64);
  EXPECT_EQ(UsableQueueSize(1024), 128);
  EXPECT_EQ(UsableQueueSize(~u32{0}), 128);
}

TEST(Queue, CarriesAChain) {
  Pair pair(8);
  EXPECT_FALSE(pair.ring.Take());
  u16 token = pair.Add({Reads(0x1000, 16), Reads(0xffff'ffff'f000, 32), Writes(0x3000, 64)});
  EXPECT_EQ(pair.queue.free_descriptors(), 5);
  EXPECT_EQ(pair.queue.in_flight(), 1);
  ASSERT_EQ(pair.ring.Take(), token);
  auto chain = pair.ring.Chain(token);
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[1].address.value, 0xffff'ffff'f000u);
  EXPECT_EQ(chain[1].length, 32u);
  EXPECT_EQ(chain[1].direction, Direction::kDeviceReads);
  EXPECT_EQ(chain[2].direction, Direction::kDeviceWrites);
  EXPECT_FALSE(pair.queue.HasUsed());
  EXPECT_FALSE(pair.queue.PopUsed().value());
  pair.ring.Return(token, 64);
  EXPECT_TRUE(pair.queue.HasUsed());
  auto used = pair.queue.PopUsed().value();
  ASSERT_TRUE(used);
  EXPECT_EQ(used->token, token);
  EXPECT_EQ(used->length, 64u);
  EXPECT_EQ(pair.queue.free_descriptors(), 8);
  EXPECT_FALSE(pair.queue.HasUsed());
}

TEST(Queue, RefusesBadChains) {
  Pair pair(4);
  auto refuse = [&](std::initializer_list<Buffer> chain, Error error) {
    auto result = pair.queue.AddBuffer(std::span(chain.begin(), chain.size()));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error(), error);
  };
  refuse({}, Error::kInvalidArgument);
  refuse({Reads(0, 0)}, Error::kInvalidArgument);
  refuse({Writes(0, 8), Reads(0, 8)}, Error::kInvalidArgument);
  refuse({Writes(0, 0xffffffff), Writes(0, 1)}, Error::kInvalidArgument);
  refuse({Reads(0, 1), Reads(0, 1), Reads(0, 1), Reads(0, 1), Reads(0, 1)}, Error::kInvalidArgument);
  pair.Add({Reads(0, 1), Reads(0, 1), Reads(0, 1)});
  refuse({Reads(0, 1), Reads(0, 1)}, Error::kNoSpace);
  EXPECT_EQ(pair.queue.free_descriptors(), 1);
  pair.Add({Reads(0, 1)});
  refuse({Reads(0, 1)}, Error::kNoSpace);
}

TEST(Queue, AQueueThatIsNotThereFails) {
  Queue queue;
  Buffer buffer = Reads(0, 1);
  EXPECT_FALSE(queue.AddBuffer(std::span(&buffer, 1)).ok());
  EXPECT_FALSE(queue.PopUsed().ok());
  EXPECT_FALSE(queue.HasUsed());
  EXPECT_FALSE(queue.NeedsNotify());
}

TEST(Queue, NotificationAndInterruptWishes) {
  Pair pair(4);
  pair.Add({Reads(0, 1)});
  EXPECT_TRUE(pair.queue.NeedsNotify());
  pair.ring.set_used_flags(kUsedNoNotify);
  EXPECT_FALSE(pair.queue.NeedsNotify());
  EXPECT_EQ(pair.ring.available_flags(), 0);
  pair.queue.WantInterrupts(false);
  EXPECT_EQ(pair.ring.available_flags(), kAvailableNoInterrupt);
  pair.queue.WantInterrupts(true);
  EXPECT_EQ(pair.ring.available_flags(), 0);
}

// An honest device that answers in any order, long enough for both indices to wrap their 16 bits; the driver's accounts must
// agree with a plain model, and no descriptor may be lost or given twice.
TEST(Queue, AgreesWithAModelAcrossTheIndexWrap) {
  for (u16 size : {1, 128}) {
    Pair pair(size);
    std::mt19937 random(size);
    std::map<u16, u32> in_flight;  // token -> writable bytes
    std::deque<u16> device;
    u32 completed = 0;
    while (completed < 70000) {
      if (random() % 2 == 0) {
        std::vector<Buffer> chain;
        u32 writable = 0;
        for (u32 i = 0, n = 1 + random() % std::min<u32>(size, 5); i < n; i++) {
          u32 length = 1 + random() % 100;
          bool writes = writable != 0 || random() % 2 == 0;
          chain.push_back(writes ? Writes(random(), length) : Reads(random(), length));
          if (writes) writable += length;
        }
        auto token = pair.queue.AddBuffer(chain);
        if (chain.size() > pair.queue.free_descriptors() && !token.ok()) {
          ASSERT_EQ(token.error(), Error::kNoSpace);
          continue;
        }
        ASSERT_TRUE(token.ok());
        ASSERT_TRUE(in_flight.emplace(token.value(), writable).second) << "a token in flight was given again";
        auto taken = pair.ring.Take();
        ASSERT_EQ(taken, token.value());
        auto seen = pair.ring.Chain(*taken);
        ASSERT_EQ(seen.size(), chain.size());
        for (size_t i = 0; i < seen.size(); i++) ASSERT_EQ(seen[i].address, chain[i].address);
        device.insert(device.begin() + random() % (device.size() + 1), *taken);
      } else if (!device.empty()) {
        u16 token = device.front();
        device.pop_front();
        u32 length = in_flight[token] == 0 ? 0 : random() % (in_flight[token] + 1);
        pair.ring.Return(token, length);
        auto used = pair.queue.PopUsed();
        ASSERT_TRUE(used.ok()) << pair.queue.fault();
        ASSERT_TRUE(used.value());
        ASSERT_EQ(used.value()->token, token);
        ASSERT_EQ(used.value()->length, length);
        in_flight.erase(token);
        completed++;
      }
      ASSERT_EQ(pair.queue.in_flight(), in_flight.size());
    }
  }
}

struct Lie {
  const char* what;
  void (*tell)(RingForTest&, u16 first, u16 second);
};

// Each lie ends the queue: no later call looks at the page, and none writes to it.
TEST(Queue, DiesOfEachLie) {
  const Lie lies[] = {
      {"the device returned more buffers than it was given", [](RingForTest& r, u16, u16) { r.set_used_index(3); }},
      {"the device returned more buffers than it was given", [](RingForTest& r, u16, u16) { r.set_used_index(0xffff); }},
      {"the device returned a buffer number outside the queue", [](RingForTest& r, u16, u16) { r.Return(8, 0); }},
      {"the device returned a buffer number outside the queue", [](RingForTest& r, u16 a, u16) { r.Return(0x10000u + a, 0); }},
      {"the device returned a buffer that it does not have", [](RingForTest& r, u16, u16) { r.Return(7, 0); }},
      {"the device returned a buffer that it does not have",
       [](RingForTest& r, u16, u16 b) { r.Return(b + 1u, 0); }},  // not a head
      {"the device claims to have written more than the buffer holds", [](RingForTest& r, u16 a, u16) { r.Return(a, 1); }},
      {"the device claims to have written more than the buffer holds", [](RingForTest& r, u16, u16 b) { r.Return(b, 101); }},
      {"the device claims to have written more than the buffer holds", [](RingForTest& r, u16, u16 b) { r.Return(b, ~u32{0}); }},
  };
  for (const Lie& lie : lies) {
    Pair pair(8);
    u16 first = pair.Add({Reads(0x1000, 50)});
    u16 second = pair.Add({Reads(0x2000, 50), Writes(0x3000, 100)});
    lie.tell(pair.ring, first, second);
    auto used = pair.queue.PopUsed();
    ASSERT_FALSE(used.ok()) << lie.what;
    EXPECT_EQ(used.error(), Error::kMalformed);
    EXPECT_EQ(pair.queue.fault(), lie.what);
    EXPECT_TRUE(pair.queue.dead());
    PageForTest before = *pair.page;
    Buffer buffer = Reads(0, 1);
    EXPECT_EQ(pair.queue.AddBuffer(std::span(&buffer, 1)).error(), Error::kMalformed);
    EXPECT_EQ(pair.queue.PopUsed().error(), Error::kMalformed);
    EXPECT_FALSE(pair.queue.NeedsNotify());
    EXPECT_FALSE(pair.queue.HasUsed());
    pair.queue.WantInterrupts(false);
    EXPECT_EQ(std::memcmp(&before, pair.page.get(), sizeof(before)), 0);
  }
}

TEST(Queue, DiesOfABufferReturnedTwice) {
  Pair pair(8);
  u16 first = pair.Add({Writes(0x1000, 50)});
  pair.Add({Writes(0x2000, 50)});
  pair.ring.Return(first, 1);
  pair.ring.Return(first, 1);
  EXPECT_TRUE(pair.queue.PopUsed().value());
  EXPECT_EQ(pair.queue.PopUsed().error(), Error::kMalformed);
  EXPECT_EQ(pair.queue.fault(), "the device returned a buffer that it does not have");
}

TEST(Queue, ADeviceThatRewritesDescriptorsGainsNothing) {
  Pair pair(8);
  u16 token = pair.Add({Reads(0x1000, 50), Writes(0x2000, 10), Writes(0x3000, 10)});
  std::memset(pair.page->bytes, 0xff, AvailableOffset(8));  // every next points out of the table, every length is huge
  pair.ring.Return(token, 20);
  ASSERT_TRUE(pair.queue.PopUsed().value());
  EXPECT_EQ(pair.queue.free_descriptors(), 8);
  for (int i = 0; i < 8; i++) pair.Add({Reads(0x1000, 1)});
}

}  // namespace
}  // namespace caponier::virtio
