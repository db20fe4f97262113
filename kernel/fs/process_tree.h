// The tree at /proc.
#pragma once

#include "kernel/fs/inode.h"

namespace caponier::fs {

Result<Ref<Directory>> MakeProcessTree();

}  // namespace caponier::fs
