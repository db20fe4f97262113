// Anonymous memory that several mappings share (MAP_SHARED | MAP_ANONYMOUS).
#pragma once

#include "kernel/mm/address_space.h"

namespace caponier::mm {

Result<Ref<PageSource>> MakeSharedPages(u64 bytes);

}  // namespace caponier::mm
