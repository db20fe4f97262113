#include "kernel/fs/process_tree.h"

#include "kernel/fs/file_systems.h"
#include "kernel/fs/memory_tree.h"

namespace caponier::fs {

Result<Ref<Directory>> MakeProcessTree() { return Ref<Directory>(TRY(MakeRef<MemoryDirectory>(ProcessFileSystem(), 0555))); }

}  // namespace caponier::fs
