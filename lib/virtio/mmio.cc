#include "lib/virtio/mmio.h"

namespace caponier::virtio {
namespace {

using mmio::Status;

// How often the status is read while a reset is under way. Emulated devices finish in the write itself.
constexpr int kResetReads = 100000;

}  // namespace

Result<MmioDevice> MmioDevice::Probe(MmioAccess& access, Diagnostics& diagnostics) {
  if (access.Read32(mmio::kMagicValue) != mmio::kMagic) {
    diagnostics.Malformed("not a virtio device: its magic number is wrong", mmio::kMagicValue);
    return Error::kMalformed;
  }
  const u32 version = access.Read32(mmio::kVersion);
  if (version != mmio::kModernVersion && version != mmio::kLegacyVersion) {
    diagnostics.Malformed("a virtio device of unknown version", mmio::kVersion);
    return Error::kMalformed;
  }
  // An empty slot says so whatever its version.
  const DeviceType type{access.Read32(mmio::kDeviceId)};
  if (type == DeviceType::kNone) return Error::kNoDevice;
  if (version == mmio::kLegacyVersion) {
    diagnostics.Malformed("a legacy virtio device; the machine must be started with modern ones", mmio::kVersion);
    return Error::kNotSupported;
  }
  MmioDevice device;
  device.access_ = &access;
  device.type_ = type;
  device.state_ = State::kProbed;
  return device;
}

Result<void> MmioDevice::Reset() {
  if (state_ == State::kAbsent) return Error::kInvalidArgument;
  Write(mmio::kStatus, 0);
  status_ = Status(0);
  features_ = 0;
  for (int i = 0; i < kResetReads; i++) {
    if (Read(mmio::kStatus) == 0) {
      state_ = State::kProbed;
      return {};
    }
  }
  state_ = State::kFailed;
  return Error::kTimedOut;
}

Result<u64> MmioDevice::Negotiate(u64 wanted, Diagnostics& diagnostics) {
  if (state_ != State::kProbed) return Error::kInvalidArgument;
  if (auto reset = Reset(); !reset.ok()) {
    diagnostics.Malformed("the virtio device does not finish its reset", mmio::kStatus);
    return reset.error();
  }
  status_ = status_.With<Status::Acknowledge>(true);
  Write(mmio::kStatus, status_.raw());
  status_ = status_.With<Status::Driver>(true);
  Write(mmio::kStatus, status_.raw());

  u64 offered = 0;
  for (u32 half = 0; half < 2; half++) {
    Write(mmio::kDeviceFeaturesSel, half);
    offered |= u64{Read(mmio::kDeviceFeatures)} << (32 * half);
  }
  if ((offered & kFeatureVersion1) == 0) {
    Fail();
    diagnostics.Malformed("the virtio device does not offer version 1", mmio::kDeviceFeatures);
    return Error::kNotSupported;
  }
  const u64 accepted = offered & (wanted | kFeatureVersion1);
  for (u32 half = 0; half < 2; half++) {
    Write(mmio::kDriverFeaturesSel, half);
    Write(mmio::kDriverFeatures, static_cast<u32>(accepted >> (32 * half)));
  }
  status_ = status_.With<Status::FeaturesOk>(true);
  Write(mmio::kStatus, status_.raw());
  if (!Status(Read(mmio::kStatus)).Get<Status::FeaturesOk>()) {
    Fail();
    diagnostics.Malformed("the virtio device refuses a subset of its own features", mmio::kStatus);
    return Error::kNotSupported;
  }
  features_ = accepted;
  state_ = State::kNegotiated;
  return accepted;
}

Result<u32> MmioDevice::QueueSizeMax(u32 index) {
  if (state_ != State::kNegotiated) return Error::kInvalidArgument;
  Write(mmio::kQueueSel, index);
  const u32 max = Read(mmio::kQueueNumMax);
  if (max == 0) return Error::kNotFound;
  return max;
}

void MmioDevice::WriteAddress(u32 low, PhysAddr address) {
  Write(low, static_cast<u32>(address.value));
  Write(low + 4, static_cast<u32>(address.value >> 32));
}

Result<void> MmioDevice::SetUpQueue(u32 index, const Queue& queue, Diagnostics& diagnostics) {
  if (queue.size() == 0) return Error::kInvalidArgument;
  const u32 max = TRY(QueueSizeMax(index));
  if (queue.size() > max) return Error::kInvalidArgument;
  if (Read(mmio::kQueueReady) != 0) {
    diagnostics.Malformed("a virtio queue is in use before it is set up", mmio::kQueueReady);
    return Error::kMalformed;
  }
  const QueueAddresses addresses = queue.addresses();
  Write(mmio::kQueueNum, queue.size());
  WriteAddress(mmio::kQueueDescLow, addresses.descriptors);
  WriteAddress(mmio::kQueueDriverLow, addresses.available);
  WriteAddress(mmio::kQueueDeviceLow, addresses.used);
  Write(mmio::kQueueReady, 1);
  return {};
}

Result<void> MmioDevice::Start() {
  if (state_ != State::kNegotiated) return Error::kInvalidArgument;
  status_ = status_.With<Status::DriverOk>(true);
  Write(mmio::kStatus, status_.raw());
  state_ = State::kRunning;
  return {};
}

void MmioDevice::Notify(u32 index) {
  if (state_ == State::kRunning) Write(mmio::kQueueNotify, index);
}

mmio::Interrupts MmioDevice::AcknowledgeInterrupts() {
  if (state_ == State::kAbsent) return {};
  const mmio::Interrupts pending(Read(mmio::kInterruptStatus));
  // Only what the standard names is acknowledged: a reserved bit is not ours to write.
  const mmio::Interrupts known(pending.raw() & ~mmio::Interrupts::kReserved);
  if (known.raw() != 0) Write(mmio::kInterruptAck, known.raw());
  return known;
}

bool MmioDevice::NeedsReset() { return state_ == State::kRunning && Status(Read(mmio::kStatus)).Get<Status::NeedsReset>(); }

u32 MmioDevice::ReadConfig32(u32 offset) { return state_ == State::kAbsent ? 0 : Read(mmio::kConfig + offset); }

void MmioDevice::Fail() {
  if (state_ == State::kAbsent) return;
  status_ = status_.With<Status::Failed>(true);
  Write(mmio::kStatus, status_.raw());
  state_ = State::kFailed;
}

}  // namespace caponier::virtio
