#include "kernel/fs/text_node.h"

#include <algorithm>

#include "kernel/fs/memory_tree.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::fs {
namespace {

// The text is made at the first read and again at each read from the start, as Linux's seq_file does.
class OpenText final : public File {
 public:
  explicit OpenText(Ref<TextNode> node) : node_(std::move(node)) {}

  Result<u64> Read(mm::IoBuffer& to, u64 offset) override {
    const u64 at = offset == kStream ? position : offset;
    if (at == 0 || !made_) {
      StringSink sink;
      TRY(node_->Make(sink));
      text_ = TRY(sink.Take());
      made_ = true;
    }
    const std::string_view text = text_;
    if (at >= text.size()) return 0;
    const std::string_view piece = text.substr(at, to.remaining());
    TRY(to.Put(AsBytes(piece)));
    if (offset == kStream) position += piece.size();
    return piece.size();
  }
  Result<u64> Write(mm::IoBuffer& from, u64) override {
    char buffer[256];
    const u64 wanted = from.remaining();
    if (wanted > sizeof(buffer)) return Error::kInvalidArgument;
    TRY(from.Take(std::as_writable_bytes(std::span(buffer, wanted))));
    TRY(node_->Take({buffer, wanted}));
    return wanted;
  }
  Result<u64> Seek(i64 offset, int whence) override {
    if (whence != linux_abi::kSEEK_CUR && whence != linux_abi::kSEEK_SET) return Error::kInvalidArgument;
    i64 wanted;
    if (!CheckedAdd<i64>(whence == linux_abi::kSEEK_CUR ? static_cast<i64>(position) : 0, offset, &wanted))
      return Error::kOverflow;
    if (wanted < 0) return Error::kInvalidArgument;
    position = static_cast<u64>(wanted);
    return position;
  }
  bool seekable() const override { return true; }
  bool pollable() const override { return false; }

 private:
  Ref<TextNode> node_;
  String text_;
  bool made_ = false;
};

}  // namespace

Result<Ref<File>> TextNode::Open(const OpenHow&, Location where) {
  auto file = TRY(MakeRef<OpenText>(Ref<TextNode>::Share(this)));
  file->set_where(std::move(where));
  return Ref<File>(std::move(file));
}

Result<void> AddText(Directory& directory, std::string_view name, TextMaker maker, u64 subject, u32 mode, TextTaker taker) {
  auto node = TRY(MakeRef<TextNode>(directory.file_system(), mode, maker, subject, taker));
  TRY(directory.Insert(name, std::move(node)));
  return {};
}

Result<Ref<Directory>> AddDirectory(Ref<Directory> parent, std::string_view name, u32 mode) {
  auto directory = TRY(MakeRef<MemoryDirectory>(parent->file_system(), mode));
  directory->entry_in_parent = TRY(parent->Insert(name, directory));
  parent->links++;
  directory->parent = std::move(parent);
  return Ref<Directory>(std::move(directory));
}

Result<void> AddTree(const Ref<Directory>& root, std::span<const TreeEntry> entries) {
  Ref<Directory> open[kTreeLevels + 1] = {root};
  for (const TreeEntry& entry : entries) {
    if (entry.maker != nullptr) {
      TRY(AddText(*open[entry.level], entry.name, entry.maker, entry.subject, entry.mode));
    } else {
      open[entry.level + 1] = TRY(AddDirectory(open[entry.level], entry.name, entry.mode));
    }
  }
  return {};
}

}  // namespace caponier::fs
