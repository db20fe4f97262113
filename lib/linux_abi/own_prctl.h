// prctl options that Linux does not have, which refuses them with EINVAL: the program is told so, and does without.
#pragma once

#include "lib/base/types.h"

namespace caponier::linux_abi {

// prctl(option, address, bytes, tag, 0): pages that come into the memory from `address` on, which is the program's own and mapped with PROT_MTE, have
// this tag on each granule, and zeros, from their first touch on. Address and bytes are whole pages' without a tag; pages that are there stay as
// they are. Of no bytes it only tells that it is there. EINVAL for anything else, ENOMEM where nothing is mapped.
inline constexpr u32 kPR_CAPONIER_SET_FIRST_TAG = 0x4341'5001;

}  // namespace caponier::linux_abi
