// Brings up a virtio device on the memory-mapped transport, in the order that [virtio-v1.2] 3.1.1 demands:
//
//   Probe -> Negotiate -> SetUpQueue (each) -> Start -> Notify / AcknowledgeInterrupts ... -> Reset
//
// A call out of order is Error::kInvalidArgument and touches nothing. The registers' contents are the device's word, so every
// one is checked; a wait for the device is a bounded number of reads. Access is injected: the kernel's goes to the hardware, a
// test's asserts the exact sequence.
#pragma once

#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "lib/virtio/mmio_registers.h"
#include "lib/virtio/queue.h"

namespace caponier::virtio {

// [virtio-v1.2] 5.
enum class DeviceType : u32 {
  kNone = 0,
  kNetwork = 1,
  kBlock = 2,
  kConsole = 3,
  kEntropy = 4,
  kBalloon = 5,
  kFileSystem9p = 9,
  kSocket = 19,
  kFileSystem = 26,
};

// [virtio-v1.2] 6: bits that are not of one device type.
inline constexpr u64 kFeatureVersion1 = u64{1} << 32;
inline constexpr u64 kFeatureAccessPlatform = u64{1} << 33;

class MmioAccess {
 public:
  // Offsets are multiples of four below mmio::kRegisterBytes. Write32 must order all earlier writes to memory before it, since a
  // notification tells the device to look there.
  virtual u32 Read32(u32 offset) = 0;
  virtual void Write32(u32 offset, u32 value) = 0;

 protected:
  ~MmioAccess() = default;
};

class MmioDevice {
 public:
  // No device: every call fails.
  constexpr MmioDevice() = default;

  // Looks at the slot. kNoDevice when it holds none, kNotSupported for a legacy device, kMalformed when it is not virtio.
  static Result<MmioDevice> Probe(MmioAccess& access, Diagnostics& diagnostics);

  DeviceType type() const { return type_; }
  u64 features() const { return features_; }

  // Resets the device and agrees on the features that both it and `wanted` have; VERSION_1 is always wanted, and required.
  Result<u64> Negotiate(u64 wanted, Diagnostics& diagnostics);
  // The most descriptors that the device allows in that queue; kNotFound when it has no such queue.
  Result<u32> QueueSizeMax(u32 index);
  Result<void> SetUpQueue(u32 index, const Queue& queue, Diagnostics& diagnostics);
  Result<void> Start();

  void Notify(u32 index);
  // Reads and clears the pending interrupts.
  mmio::Interrupts AcknowledgeInterrupts();
  // The device has stopped and asks to be reset.
  bool NeedsReset();

  // A word of the device's own configuration, `offset` a multiple of four. For fields of several words, see kConfigGeneration.
  u32 ReadConfig32(u32 offset);

  // Tells the device that its driver gives up on it.
  void Fail();
  // Stops the device: after success it touches no memory of ours.
  Result<void> Reset();

 private:
  enum class State : u8 { kAbsent, kProbed, kNegotiated, kRunning, kFailed };

  u32 Read(u32 offset) { return access_->Read32(offset); }
  void Write(u32 offset, u32 value) { access_->Write32(offset, value); }
  void WriteAddress(u32 low, PhysAddr address);

  MmioAccess* access_ = nullptr;
  DeviceType type_ = DeviceType::kNone;
  State state_ = State::kAbsent;
  mmio::Status status_;
  u64 features_ = 0;
};

}  // namespace caponier::virtio
