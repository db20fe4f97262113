// Files whose text is made when somebody reads them: most of /proc and /sys.
#pragma once

#include <span>

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "lib/base/format.h"
#include "lib/base/vector.h"

namespace caponier::fs {

// Collects text; remembers whether memory ran out.
class StringSink final : public TextSink {
 public:
  void Write(std::string_view text) override {
    if (!string_.Append(text).ok()) failed_ = true;
  }
  Result<String> Take() {
    if (failed_) return Error::kNoMemory;
    return std::move(string_);
  }

 private:
  String string_;
  bool failed_ = false;
};

// Writes the text of one file. `subject` is what the node was made for: a thread id, or nothing.
using TextMaker = Result<void> (*)(TextSink& sink, u64 subject);
// Takes what a program writes to a file (one write, at most a page). kNotPermitted when it does not like it.
using TextTaker = Result<void> (*)(std::string_view text, u64 subject);

class TextNode final : public Inode {
 public:
  TextNode(FileSystem& file_system, u32 mode, TextMaker maker, u64 subject = 0, TextTaker taker = nullptr, u64 shown_size = 0)
      : Inode(file_system, InodeType::kRegular, mode), maker_(maker), taker_(taker), subject_(subject), shown_size_(shown_size) {}
  u64 size() const override { return shown_size_; }
  Result<Ref<File>> Open(const OpenHow& how, Location where) override;
  Result<void> Truncate(u64) override { return {}; }
  Result<void> Make(TextSink& sink) { return maker_(sink, subject_); }
  Result<void> Take(std::string_view text) { return taker_ == nullptr ? Error::kNotPermitted : taker_(text, subject_); }

 private:
  TextMaker maker_;
  TextTaker taker_;
  u64 subject_, shown_size_;
};

// Puts a text file into a directory.
Result<void> AddText(Directory& directory, std::string_view name, TextMaker maker, u64 subject = 0, u32 mode = 0444,
                     TextTaker taker = nullptr);
// Makes a subdirectory.
Result<Ref<Directory>> AddDirectory(Ref<Directory> parent, std::string_view name, u32 mode = 0555);

// A directory, or a file where there is a maker. Lies in the last directory before it that is one level up.
struct TreeEntry {
  size_t level;  // 0: in the root that the tree is hung into
  std::string_view name;
  u32 mode;
  TextMaker maker = nullptr;
  u64 subject = 0;
};
inline constexpr size_t kTreeLevels = 4;
// A whole tree, from a table: code that is one loop is small, and quickly translated where the processor is emulated.
Result<void> AddTree(const Ref<Directory>& root, std::span<const TreeEntry> entries);

}  // namespace caponier::fs
