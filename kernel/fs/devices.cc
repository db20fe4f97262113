#include "kernel/fs/devices.h"

#include <algorithm>

#include "kernel/fs/file.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/open_how.h"
#include "kernel/fs/random_control.h"
#include "kernel/mm/frames.h"
#include "kernel/random/random.h"
#include "lib/linux_abi/terminal_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

enum class DeviceKind : u8 { kNull, kZero, kFull, kRandom, kTerminal };

Ref<Inode> g_terminal;
Ref<Directory> g_devices;

// Pages of zeroes for a private mapping of /dev/zero; a shared one keeps what is written to it.
class ZeroPages final : public mm::PageSource {
 public:
  Result<PhysAddr> Page(u64 index, bool for_write) override {
    if (index >= kPagesMax) return Error::kOutOfRange;
    // The pages exist once somebody touched them, so that all who share the mapping see the same ones.
    TRY(data_.Truncate(std::max(data_.size(), (index + 1) << kPageBits)));
    return data_.Page(index, for_write);
  }
  std::string_view mapped_name() const override { return "/dev/zero"; }

 private:
  static constexpr u64 kPagesMax = u64{1} << 32;
  FileData data_;
};

class OpenDevice final : public File {
 public:
  explicit OpenDevice(DeviceKind kind) : kind_(kind) {}

  Result<u64> Read(mm::IoBuffer& to, u64) override {
    const u64 wanted = to.remaining();
    switch (kind_) {
      case DeviceKind::kNull:
      case DeviceKind::kTerminal: return 0;
      case DeviceKind::kZero:
      case DeviceKind::kFull: TRY(to.PutZeroes(wanted)); return wanted;
      case DeviceKind::kRandom: return ReadRandom(to);
    }
    return 0;
  }
  Result<u64> Write(mm::IoBuffer& from, u64) override {
    if (kind_ == DeviceKind::kFull) return from.remaining() == 0 ? Result<u64>(0) : Error::kNoSpace;
    if (kind_ != DeviceKind::kRandom) return from.remaining();
    const u64 wanted = std::min(from.remaining(), kRandomMost);
    std::byte block[256];
    for (u64 left = wanted; left != 0;) {
      const MutableBytes piece(block, std::min<u64>(sizeof(block), left));
      TRY(from.Take(piece));
      kernel::random::MixIn(piece);
      left -= piece.size();
    }
    return wanted;
  }
  Result<u64> Seek(i64, int) override { return 0; }
  bool seekable() const override { return true; }
  bool pollable() const override { return kind_ == DeviceKind::kRandom; }
  Result<i64> Control(u32 request, u64 argument) override {
    return kind_ == DeviceKind::kRandom ? RandomControl(request, argument) : Result<i64>(Error::kNotATerminal);
  }
  Result<Ref<mm::PageSource>> Mappable() override {
    if (kind_ != DeviceKind::kZero) return Error::kNoDevice;
    return Ref<mm::PageSource>(TRY(MakeRef<ZeroPages>()));
  }

 private:
  static constexpr u64 kRandomMost = 33'554'431;  // bytes of one transfer, as Linux [random(4)]

  static Result<u64> ReadRandom(mm::IoBuffer& to) {
    std::byte block[256];
    u64 done = 0;
    for (const u64 wanted = std::min(to.remaining(), kRandomMost); done < wanted;) {
      const MutableBytes piece(block, std::min<u64>(sizeof(block), wanted - done));
      TRY(kernel::random::Fill(piece));
      const auto moved = to.Put(piece);
      SecureWipe(piece);
      if (!moved.ok()) {
        if (done != 0) break;
        return moved.error();
      }
      done += piece.size();
    }
    return done;
  }

  DeviceKind kind_;
};

class DeviceInode final : public Inode {
 public:
  DeviceInode(DeviceKind kind, u32 mode, u64 number) : Inode(DeviceFileSystem(), InodeType::kCharacter, mode), kind_(kind) {
    special = number;
  }
  Result<Ref<File>> Open(const OpenHow& how, Location where) override {
    if (kind_ == DeviceKind::kTerminal) {
      if (!g_terminal) return Error::kNobodyThere;
      return g_terminal->Open(how, std::move(where));
    }
    auto file = TRY(MakeRef<OpenDevice>(kind_));
    file->set_where(std::move(where));
    return Ref<File>(std::move(file));
  }

 private:
  DeviceKind kind_;
};

Result<u64> AddLink(Directory& directory, std::string_view name, std::string_view target) {
  return directory.Insert(name, TRY(SymbolicLink::Create(DeviceFileSystem(), target)));
}

}  // namespace

Result<Ref<Directory>> MakeDeviceTree() {
  auto tree = TRY(MakeRef<MemoryDirectory>(DeviceFileSystem(), 0755));
  constexpr struct {
    std::string_view name;
    DeviceKind kind;
    u32 major, minor;
  } kNodes[] = {
      {"null", DeviceKind::kNull, 1, 3},     {"zero", DeviceKind::kZero, 1, 5},      {"full", DeviceKind::kFull, 1, 7},
      {"random", DeviceKind::kRandom, 1, 8}, {"urandom", DeviceKind::kRandom, 1, 9}, {"tty", DeviceKind::kTerminal, 5, 0},
  };
  for (const auto& node : kNodes) {
    auto inode = TRY(MakeRef<DeviceInode>(node.kind, 0666, linux_abi::MakeDevice(node.major, node.minor)));
    TRY(tree->Insert(node.name, std::move(inode)));
  }
  TRY(AddLink(*tree, "fd", "/proc/self/fd"));
  TRY(AddLink(*tree, "stdin", "/proc/self/fd/0"));
  TRY(AddLink(*tree, "stdout", "/proc/self/fd/1"));
  TRY(AddLink(*tree, "stderr", "/proc/self/fd/2"));
  auto shared_memory = TRY(MakeRef<MemoryDirectory>(DeviceFileSystem(), 01777));
  shared_memory->parent = tree;
  tree->links++;
  shared_memory->entry_in_parent = TRY(tree->Insert("shm", shared_memory));
  g_devices = tree;
  return Ref<Directory>(std::move(tree));
}

Result<Location> PlaceTerminal(Ref<Inode> terminal) {
  g_terminal = terminal;
  Location where;
  where.entry = TRY(g_devices->Insert("console", terminal));
  where.directory = g_devices;
  where.inode = std::move(terminal);
  return where;
}

}  // namespace caponier::fs
