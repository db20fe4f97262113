#include "lib/virtio/mmio.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/virtio/ring_for_test.h"

namespace caponier::virtio {
namespace {

using namespace mmio;
using testing::ElementsAre;
using Access = std::pair<u32, u32>;

// A device's registers that follow the standard, with each way to break them; keeps every write.
class FakeMmio final : public MmioAccess {
 public:
  u32 Read32(u32 offset) override {
    EXPECT_EQ(offset % 4, 0u);
    reads++;
    switch (offset) {
      case kMagicValue: return magic;
      case kVersion: return version;
      case kDeviceId: return device;
      case kDeviceFeatures: return static_cast<u32>(features >> (32 * features_half));
      case kQueueNumMax: return queue_select < 6 ? queue_max : 0;
      case kQueueReady: return queue_ready;
      case kStatus: return reset_sticks && status == 0 ? 1 : status;
      case kInterruptStatus: return interrupts;
      case kConfig + 4: return 31;
      default: ADD_FAILURE() << "read of " << offset; return 0;
    }
  }
  void Write32(u32 offset, u32 value) override {
    writes.emplace_back(offset, value);
    if (offset == kDeviceFeaturesSel) features_half = value;
    if (offset == kQueueSel) queue_select = value;
    if (offset == kStatus) status = refuses_features ? value & ~8u : value;
  }
  u32 magic = kMagic, version = kModernVersion, device = 3, queue_max = 256, queue_ready = 0, interrupts = 0, status = 0x55;
  u64 features = kFeatureVersion1 | 0x7;
  u32 features_half = 0, queue_select = 0;
  bool reset_sticks = false, refuses_features = false;
  u32 reads = 0;
  std::vector<Access> writes;
};

std::string ProbeComplaint(FakeMmio& fake, Error error) {
  FirstDiagnostic diagnostic;
  auto device = MmioDevice::Probe(fake, diagnostic);
  EXPECT_FALSE(device.ok());
  if (!device.ok()) EXPECT_EQ(device.error(), error);
  EXPECT_TRUE(fake.writes.empty());
  return std::string(diagnostic.what());
}

TEST(Mmio, ProbeRefuses) {
  FakeMmio fake;
  fake.magic++;
  EXPECT_EQ(ProbeComplaint(fake, Error::kMalformed), "not a virtio device: its magic number is wrong");
  fake = {};
  fake.version = 3;
  EXPECT_EQ(ProbeComplaint(fake, Error::kMalformed), "a virtio device of unknown version");
  fake = {};
  fake.version = 1;
  EXPECT_EQ(ProbeComplaint(fake, Error::kNotSupported), "a legacy virtio device; the machine must be started with modern ones");
  fake.device = 0;
  EXPECT_EQ(ProbeComplaint(fake, Error::kNoDevice), "");
}

TEST(Mmio, TheWholeSequence) {
  FakeMmio fake;
  FirstDiagnostic diagnostic;
  MmioDevice device = MmioDevice::Probe(fake, diagnostic).value();
  EXPECT_EQ(device.type(), DeviceType::kConsole);
  EXPECT_EQ(device.Negotiate(0xa, diagnostic).value(), kFeatureVersion1 | 2);
  EXPECT_THAT(fake.writes, ElementsAre(Access{kStatus, 0}, Access{kStatus, 1}, Access{kStatus, 3}, Access{kDeviceFeaturesSel, 0},
                                       Access{kDeviceFeaturesSel, 1}, Access{kDriverFeaturesSel, 0}, Access{kDriverFeatures, 2},
                                       Access{kDriverFeaturesSel, 1}, Access{kDriverFeatures, 1}, Access{kStatus, 11}));
  fake.writes.clear();

  PageForTest page;
  Queue queue = Queue::Create(page.view(), PhysAddr{0x7'1234'5000}, 128).value();
  EXPECT_EQ(device.QueueSizeMax(6).error(), Error::kNotFound);
  EXPECT_EQ(device.QueueSizeMax(5).value(), 256u);
  fake.writes.clear();
  ASSERT_TRUE(device.SetUpQueue(5, queue, diagnostic).ok());
  EXPECT_THAT(fake.writes,
              ElementsAre(Access{kQueueSel, 5}, Access{kQueueNum, 128}, Access{kQueueDescLow, 0x12345000},
                          Access{kQueueDescHigh, 7}, Access{kQueueDriverLow, 0x12345800}, Access{kQueueDriverHigh, 7},
                          Access{kQueueDeviceLow, 0x12345908}, Access{kQueueDeviceHigh, 7}, Access{kQueueReady, 1}));
  fake.writes.clear();
  device.Notify(5);  // not yet running: nothing may be written
  EXPECT_TRUE(fake.writes.empty());
  ASSERT_TRUE(device.Start().ok());
  device.Notify(5);
  EXPECT_THAT(fake.writes, ElementsAre(Access{kStatus, 15}, Access{kQueueNotify, 5}));
  EXPECT_EQ(device.ReadConfig32(4), 31u);

  fake.writes.clear();
  EXPECT_EQ(device.AcknowledgeInterrupts().raw(), 0u);
  EXPECT_TRUE(fake.writes.empty());
  fake.interrupts = 0xfffffff1;
  auto interrupts = device.AcknowledgeInterrupts();
  EXPECT_TRUE(interrupts.Get<Interrupts::UsedBuffer>());
  EXPECT_FALSE(interrupts.Get<Interrupts::ConfigChange>());
  EXPECT_THAT(fake.writes, ElementsAre(Access{kInterruptAck, 1}));

  EXPECT_FALSE(device.NeedsReset());
  fake.status |= 64;
  EXPECT_TRUE(device.NeedsReset());
  device.Fail();
  EXPECT_EQ(fake.status, 15u | 128);
  EXPECT_TRUE(device.Reset().ok());
  EXPECT_EQ(fake.status, 0u);
  EXPECT_TRUE(device.Negotiate(0, diagnostic).ok());
  EXPECT_EQ(diagnostic.what(), "");
}

TEST(Mmio, OutOfOrderTouchesNothing) {
  FakeMmio fake;
  FirstDiagnostic diagnostic;
  MmioDevice absent;
  EXPECT_EQ(absent.Negotiate(0, diagnostic).error(), Error::kInvalidArgument);
  EXPECT_EQ(absent.Reset().error(), Error::kInvalidArgument);
  EXPECT_EQ(absent.AcknowledgeInterrupts().raw(), 0u);
  EXPECT_EQ(absent.ReadConfig32(0), 0u);
  absent.Fail();
  MmioDevice device = MmioDevice::Probe(fake, diagnostic).value();
  const u32 reads = fake.reads;
  PageForTest page;
  Queue queue = Queue::Create(page.view(), kPageAddressForTest, 8).value();
  EXPECT_EQ(device.Start().error(), Error::kInvalidArgument);
  EXPECT_EQ(device.QueueSizeMax(0).error(), Error::kInvalidArgument);
  EXPECT_EQ(device.SetUpQueue(0, queue, diagnostic).error(), Error::kInvalidArgument);
  EXPECT_FALSE(device.NeedsReset());
  EXPECT_TRUE(fake.writes.empty());
  EXPECT_EQ(fake.reads, reads);
  ASSERT_TRUE(device.Negotiate(0, diagnostic).ok());
  ASSERT_TRUE(device.Start().ok());
  EXPECT_EQ(device.Negotiate(0, diagnostic).error(), Error::kInvalidArgument);
  EXPECT_EQ(device.SetUpQueue(0, queue, diagnostic).error(), Error::kInvalidArgument);
}

TEST(Mmio, ADeviceThatDoesNotPlay) {
  struct {
    const char* what;
    Error error;
    void (*spoil)(FakeMmio&);
  } cases[] = {
      {"the virtio device does not finish its reset", Error::kTimedOut, [](FakeMmio& f) { f.reset_sticks = true; }},
      {"the virtio device does not offer version 1", Error::kNotSupported, [](FakeMmio& f) { f.features = 0xffffffff; }},
      {"the virtio device refuses a subset of its own features", Error::kNotSupported,
       [](FakeMmio& f) { f.refuses_features = true; }},
  };
  for (const auto& test : cases) {
    FakeMmio fake;
    FirstDiagnostic diagnostic;
    MmioDevice device = MmioDevice::Probe(fake, diagnostic).value();
    test.spoil(fake);
    auto result = device.Negotiate(7, diagnostic);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error(), test.error);
    EXPECT_EQ(diagnostic.what(), test.what);
    EXPECT_EQ(device.Start().error(), Error::kInvalidArgument);
    if (!fake.reset_sticks) EXPECT_EQ(fake.status & 128, 128u);
  }
}

TEST(Mmio, QueuesThatDoNotFit) {
  FakeMmio fake;
  FirstDiagnostic diagnostic;
  MmioDevice device = MmioDevice::Probe(fake, diagnostic).value();
  ASSERT_TRUE(device.Negotiate(0, diagnostic).ok());
  PageForTest page;
  Queue queue = Queue::Create(page.view(), kPageAddressForTest, 128).value();
  EXPECT_EQ(device.SetUpQueue(0, Queue(), diagnostic).error(), Error::kInvalidArgument);
  fake.queue_max = 64;
  EXPECT_EQ(device.SetUpQueue(0, queue, diagnostic).error(), Error::kInvalidArgument);
  fake.queue_max = 128;
  fake.queue_ready = 1;
  EXPECT_EQ(device.SetUpQueue(0, queue, diagnostic).error(), Error::kMalformed);
  EXPECT_EQ(diagnostic.what(), "a virtio queue is in use before it is set up");
}

}  // namespace
}  // namespace caponier::virtio
