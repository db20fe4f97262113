// What each kind of machine contributes to SHA-256: advancing the state over whole blocks. All of them agree on every input.
#pragma once

#include <span>

#include "lib/base/bytes.h"

namespace caponier::crypto {

// `blocks` is a multiple of 64 bytes. Uses general registers only, and no index or branch that depends on the data.
void Sha256BlocksPortable(std::span<u32, 8> state, Bytes blocks);

}  // namespace caponier::crypto
