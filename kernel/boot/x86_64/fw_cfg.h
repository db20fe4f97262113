// QEMU's firmware configuration device [qemu-fw-cfg], through its DMA interface, while memory is identity-mapped.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/bytes.h"

namespace caponier::boot {

struct FirmwareFile {
  u16 key = 0;
  u32 bytes = 0;
};
// Nothing when the device or the file is absent.
std::optional<FirmwareFile> FindFirmwareFile(std::string_view name);
// At most buffer.size() bytes of it; 0 when it cannot be read. The host's copy stays with the VMM; the guest cannot wipe it there.
size_t ReadFirmwareFile(const FirmwareFile& file, MutableBytes buffer);
bool WriteFirmwareFile(const FirmwareFile& file, Bytes contents);

}  // namespace caponier::boot
