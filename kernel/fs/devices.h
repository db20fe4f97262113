// The tree at /dev.
#pragma once

#include "kernel/fs/memory_tree.h"

namespace caponier::fs {

// /dev with its nodes, to be hung into the root.
Result<Ref<Directory>> MakeDeviceTree();
// Makes `terminal` what /dev/console names and /dev/tty opens.
Result<Location> PlaceTerminal(Ref<Inode> terminal);

}  // namespace caponier::fs
