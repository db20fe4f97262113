// The registers of a virtio device on the memory-mapped transport, version 2: [virtio-v1.2] 4.2.2, table 4.1. All are 32 bits
// wide, little-endian, and accessed as such.
#pragma once

#include "lib/reg/field.h"

namespace caponier::virtio::mmio {

inline constexpr u32 kMagicValue = 0x000;         // read: kMagic
inline constexpr u32 kVersion = 0x004;            // read: kModernVersion
inline constexpr u32 kDeviceId = 0x008;           // read: DeviceType, 0 for an empty slot
inline constexpr u32 kVendorId = 0x00c;           // read
inline constexpr u32 kDeviceFeatures = 0x010;     // read: 32 bits, chosen by
inline constexpr u32 kDeviceFeaturesSel = 0x014;  // write
inline constexpr u32 kDriverFeatures = 0x020;     // write: 32 bits, chosen by
inline constexpr u32 kDriverFeaturesSel = 0x024;  // write
inline constexpr u32 kQueueSel = 0x030;           // write: which queue the next seven mean
inline constexpr u32 kQueueNumMax = 0x034;        // read
inline constexpr u32 kQueueNum = 0x038;           // write
inline constexpr u32 kQueueReady = 0x044;         // read, write
inline constexpr u32 kQueueDescLow = 0x080;       // write
inline constexpr u32 kQueueDescHigh = 0x084;      // write
inline constexpr u32 kQueueDriverLow = 0x090;     // write
inline constexpr u32 kQueueDriverHigh = 0x094;    // write
inline constexpr u32 kQueueDeviceLow = 0x0a0;     // write
inline constexpr u32 kQueueDeviceHigh = 0x0a4;    // write
inline constexpr u32 kQueueNotify = 0x050;        // write: the queue's number
inline constexpr u32 kInterruptStatus = 0x060;    // read: Interrupts
inline constexpr u32 kInterruptAck = 0x064;       // write: Interrupts
inline constexpr u32 kStatus = 0x070;             // read, write: Status
inline constexpr u32 kConfigGeneration = 0x0fc;   // read
inline constexpr u32 kConfig = 0x100;             // the device's own

inline constexpr u32 kMagic = 0x74726976;  // "virt"
inline constexpr u32 kModernVersion = 2;
inline constexpr u32 kLegacyVersion = 1;
inline constexpr u32 kRegisterBytes = 0x200;  // one device's registers, on every machine this project knows

// [virtio-v1.2] 2.1.
struct Status : reg::Register<Status, u32> {
  using Register::Register;
  using Acknowledge = reg::Bit<0>;
  using Driver = reg::Bit<1>;
  using DriverOk = reg::Bit<2>;
  using FeaturesOk = reg::Bit<3>;
  using NeedsReset = reg::Bit<6>;
  using Failed = reg::Bit<7>;
  static constexpr u32 kReserved = ~reg::Mask<u32, Acknowledge, Driver, DriverOk, FeaturesOk, NeedsReset, Failed>();
};
static_assert(reg::Disjoint<Status::Acknowledge, Status::Driver, Status::DriverOk, Status::FeaturesOk, Status::NeedsReset,
                            Status::Failed>());

struct Interrupts : reg::Register<Interrupts, u32> {
  using Register::Register;
  using UsedBuffer = reg::Bit<0>;
  using ConfigChange = reg::Bit<1>;
  static constexpr u32 kReserved = ~reg::Mask<u32, UsedBuffer, ConfigChange>();
};
static_assert(reg::Disjoint<Interrupts::UsedBuffer, Interrupts::ConfigChange>());

}  // namespace caponier::virtio::mmio
