#include "kernel/fs/open_files.h"

#include "kernel/fs/notify.h"
#include "kernel/mm/user_copy.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/terminal_flags.h"

namespace caponier::fs {
namespace {

// The pages of a regular file under the name it was mapped by.
class MappedFile final : public mm::PageSource {
 public:
  MappedFile(Ref<RegularFile> node, String name) : node_(std::move(node)), name_(std::move(name)) {}
  Result<PhysAddr> Page(u64 index, bool for_write) override {
    if (for_write) node_->TouchModified();
    return node_->data().Page(index, for_write);
  }
  bool IsPresent(u64 index) const override { return node_->data().IsPresent(index); }
  std::string_view mapped_name() const override { return name_; }
  u64 inode_number() const override { return node_->number(); }
  const void* object() const override { return node_.get(); }

 private:
  Ref<RegularFile> node_;
  String name_;
};

Result<u64> Position(u64 base, i64 offset) {
  i64 position;
  if (!CheckedAdd<i64>(static_cast<i64>(base), offset, &position)) return Error::kOverflow;
  if (position < 0) return Error::kInvalidArgument;
  return static_cast<u64>(position);
}

// What a write may do to a sealed file (memfd_create).
Result<void> CheckSeals(RegularFile& node, u64 end) {
  if (node.sealed_for_writing()) return Error::kNotPermitted;
  if ((node.seals & linux_abi::kF_SEAL_GROW) != 0 && end > node.size()) return Error::kNotPermitted;
  return {};
}

// The program's mappings of a file hold frames of their own accord: they have to let go of those that the file has dropped.
void ForgetPages(const RegularFile& node, u64 first, u64 last, mm::AddressSpace::Copies copies) {
  if (mm::AddressSpace* memory = mm::AddressSpace::Active()) memory->Forget(&node, first, last, copies);
}

}  // namespace

// --- regular files ---------------------------------------------------------------------------------------------------------------

Result<Ref<File>> RegularFile::Open(const OpenHow& how, Location where) {
  auto file = TRY(MakeRef<OpenRegular>(Ref<RegularFile>::Share(this)));
  if (how.truncate && how.write) TRY(Truncate(0));
  file->set_where(std::move(where));
  return Ref<File>(std::move(file));
}

Result<void> RegularFile::Truncate(u64 size) {
  if (size < data_.size() && (seals & linux_abi::kF_SEAL_SHRINK) != 0) return Error::kNotPermitted;
  if (size > data_.size() && (seals & linux_abi::kF_SEAL_GROW) != 0) return Error::kNotPermitted;
  const u64 pages_before = PagesFor(data_.size());
  TRY(data_.Truncate(size));
  if (PagesFor(size) < pages_before) ForgetPages(*this, PagesFor(size), ~u64{0}, mm::AddressSpace::Copies::kDrop);
  TouchModified();
  return {};
}

Result<void> RegularFile::Punch(u64 offset, u64 bytes) {
  TRY(data_.Punch(offset, bytes));
  u64 end;
  if (!CheckedAdd(offset, bytes, &end)) end = ~u64{0};
  ForgetPages(*this, PagesFor(offset), end >> kPageBits, mm::AddressSpace::Copies::kKeep);
  return {};
}

bool RegularFile::sealed_for_writing() const {
  return (seals & (linux_abi::kF_SEAL_WRITE | linux_abi::kF_SEAL_FUTURE_WRITE)) != 0;
}

Result<u64> OpenRegular::Read(mm::IoBuffer& to, u64 offset) {
  const u64 done = TRY(node_->data().Read(to, offset == kStream ? position : offset));
  if (offset == kStream) position += done;
  if (touches_access_time()) node_->TouchAccessed();
  if (done != 0) Tell(where(), linux_abi::kIN_ACCESS);
  return done;
}

Result<u64> OpenRegular::Write(mm::IoBuffer& from, u64 offset) {
  const u64 at = appending() ? node_->size() : offset == kStream ? position : offset;
  u64 end;
  if (!CheckedAdd(at, from.remaining(), &end)) return Error::kFileTooLarge;
  if (from.remaining() == 0) return 0;
  if (node_->seals != 0) TRY(CheckSeals(*node_, end));
  const u64 done = TRY(node_->data().Write(from, at));
  if (offset == kStream) position = at + done;
  node_->TouchModified();
  if (done != 0) Tell(where(), linux_abi::kIN_MODIFY);
  return done;
}

Result<u64> OpenRegular::Seek(i64 offset, int whence) {
  const u64 size = node_->size();
  u64 wanted;
  switch (whence) {
    case linux_abi::kSEEK_SET: wanted = TRY(Position(0, offset)); break;
    case linux_abi::kSEEK_CUR: wanted = TRY(Position(position, offset)); break;
    case linux_abi::kSEEK_END: wanted = TRY(Position(size, offset)); break;
    case linux_abi::kSEEK_DATA:
    case linux_abi::kSEEK_HOLE:
      if (offset < 0 || static_cast<u64>(offset) >= size) return Error::kNobodyThere;
      wanted = whence == linux_abi::kSEEK_DATA ? node_->data().NextData(static_cast<u64>(offset))
                                               : node_->data().NextHole(static_cast<u64>(offset));
      if (wanted == FileData::kNone) return Error::kNobodyThere;
      break;
    default: return Error::kInvalidArgument;
  }
  position = wanted;
  return wanted;
}

Result<i64> OpenRegular::Control(u32 request, u64 argument) {
  if (request != linux_abi::kFIONREAD) return Error::kNotATerminal;
  const u64 size = node_->size();
  TRY(mm::WriteUser<i32>(argument, static_cast<i32>(size > position ? size - position : 0)));
  return 0;
}

Result<Ref<mm::PageSource>> OpenRegular::Mappable() {
  if (!mapped_) {
    auto name = Name();
    if (!name.ok() && name.error() == Error::kNoMemory) return name.error();
    mapped_ = TRY(MakeRef<MappedFile>(node_, name.ok() ? std::move(name).value() : String()));
  }
  return mapped_;
}

// --- directories -------------------------------------------------------------------------------------------------------------------

Result<Ref<File>> Directory::Open(const OpenHow&, Location where) {
  auto file = TRY(MakeRef<OpenDirectory>(Ref<Directory>::Share(this)));
  file->set_where(std::move(where));
  return Ref<File>(std::move(file));
}

Result<u64> OpenDirectory::Seek(i64 offset, int whence) {
  if (whence != linux_abi::kSEEK_CUR && whence != linux_abi::kSEEK_SET) return Error::kInvalidArgument;
  position = TRY(Position(whence == linux_abi::kSEEK_CUR ? position : 0, offset));
  return position;
}

namespace {

// Moves the directory's position past each entry that its reader took.
class PositionKeeper final : public EntryVisitor {
 public:
  PositionKeeper(EntryVisitor& reader, u64& position) : reader_(reader), position_(position) {}
  bool Visit(std::string_view name, u64 number, InodeType type, u64 cookie) override {
    if (!reader_.Visit(name, number, type, cookie)) return false;
    position_ = cookie + 1;
    return true;
  }

 private:
  EntryVisitor& reader_;
  u64& position_;
};

}  // namespace

Result<void> OpenDirectory::List(EntryVisitor& visitor) {
  if (node_->removed) return {};
  if (touches_access_time()) node_->TouchAccessed();
  Tell(where(), linux_abi::kIN_ACCESS);
  PositionKeeper keeper(visitor, position);
  if (position == 0 && !keeper.Visit(".", node_->number(), InodeType::kDirectory, 0)) return {};
  if (position == 1) {
    const Directory& up = node_->parent ? *node_->parent : *node_;
    if (!keeper.Visit("..", up.number(), InodeType::kDirectory, 1)) return {};
  }
  return node_->List(position, keeper);
}

Result<Ref<Directory>> AsDirectory(File& file) {
  Inode* node = file.inode();
  if (node == nullptr || !node->is_directory()) return Error::kNotDirectory;
  return Ref<Directory>::Share(node->as_directory());
}

}  // namespace caponier::fs
