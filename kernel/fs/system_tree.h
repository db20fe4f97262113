// The tree at /sys: the few entries that C libraries and runtimes look for.
#pragma once

#include "kernel/fs/inode.h"

namespace caponier::fs {

Result<Ref<Directory>> MakeSystemTree();

}  // namespace caponier::fs
