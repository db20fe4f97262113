// The names of open files as /proc/self/fd and /proc/self/maps show them.
#include "kernel/fs/context.h"
#include "kernel/fs/file.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/path.h"
#include "lib/base/format.h"

namespace caponier::fs {

Result<String> File::Name() {
  if (!where_.inode) return String::From("anon_inode:[unknown]");
  if (where_.inode->is_directory() || where_.directory) return PathOf(Root(), where_);
  InlineText<64> text;
  if (where_.inode->type() == InodeType::kFifo || where_.inode->type() == InodeType::kSocket) {
    Format(text, "{}:[{}]", where_.inode->type() == InodeType::kFifo ? "pipe" : "socket", where_.inode->number());
  } else {
    Format(text, "/#{} (deleted)", where_.inode->number());
  }
  return String::From(text.text());
}

}  // namespace caponier::fs
