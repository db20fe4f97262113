#include "kernel/fs/process_tree.h"

#include "kernel/fs/context.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/memory_tree.h"
#include "kernel/fs/path.h"
#include "kernel/fs/text_node.h"
#include "kernel/sched/thread.h"

namespace caponier::fs {

sched::Process* FindProcess(i32 pid) {
  sched::Process* process = sched::CurrentThread().process;
  return process != nullptr && process->pid == pid ? process : nullptr;
}

sched::Thread* FindThread(i32 tid) {
  sched::Process* process = sched::CurrentThread().process;
  return process == nullptr ? nullptr : sched::FindThread(*process, tid);
}

namespace {

// The number that a name spells, or -1. Linux takes no sign, no leading zero.
i32 NumberOf(std::string_view name) {
  if (name.empty() || name.size() > 9 || (name.size() > 1 && name[0] == '0')) return -1;
  i32 number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::string_view NameOf(i32 number, InlineText<16>& text) {
  Format(text, "{}", number);
  return text.text();
}

// Directories below this number in an inode-less listing: any number will do as long as it is not 0.
constexpr u64 kListedNumber = u64{1} << 32;

// --- links that lead to objects ------------------------------------------------------------------------------------------------

class MagicLink : public Inode {
 public:
  MagicLink(i32 pid, u32 mode) : Inode(ProcessFileSystem(), InodeType::kSymlink, mode), pid_(pid) {}
  bool is_magic_link() const override { return true; }

 protected:
  Result<Context*> Files() const {
    sched::Process* process = FindProcess(pid_);
    if (process == nullptr || !process->files) return Error::kNotFound;
    return process->files.get();
  }

 private:
  i32 pid_;
};

class DescriptorLink final : public MagicLink {
 public:
  DescriptorLink(i32 pid, int descriptor, const File& file)
      : MagicLink(pid, 0100 | (file.readable() ? 0400 : 0) | (file.writable() ? 0200 : 0)), descriptor_(descriptor) {}
  u64 size() const override { return 64; }  // as Linux has it
  Result<String> ReadLink() override {
    Context* files = TRY(Files());
    const Ref<File> file = TRY(files->Get(descriptor_));
    return file->Name();
  }
  Result<Location> Target() override {
    Context* files = TRY(Files());
    const Ref<File> file = TRY(files->Get(descriptor_));
    if (!file->where().inode) return Error::kNobodyThere;
    return file->where();
  }

 private:
  int descriptor_;
};

class PlaceLink final : public MagicLink {
 public:
  enum class What : u8 { kExecutable, kWorking, kRoot };
  PlaceLink(i32 pid, What what) : MagicLink(pid, 0777), what_(what) {}
  Result<Location> Target() override {
    Context* files = TRY(Files());
    if (what_ == What::kExecutable) {
      if (!files->executable) return Error::kNotFound;
      return files->executable->where();
    }
    const Ref<Directory>& directory = what_ == What::kWorking ? files->working : files->root;
    return Location{directory->parent, directory->entry_in_parent, directory};
  }
  Result<String> ReadLink() override {
    Context* files = TRY(Files());
    if (what_ == What::kExecutable) {
      if (!files->executable) return Error::kNotFound;
      return files->executable->Name();
    }
    return PathOf(Root(), what_ == What::kWorking ? *files->working : *files->root);
  }

 private:
  What what_;
};

// --- directories made of what there is now ---------------------------------------------------------------------------------------

class DescriptorDirectory final : public Directory {
 public:
  DescriptorDirectory(i32 pid, u32 mode) : Directory(ProcessFileSystem(), mode), pid_(pid) {}
  Result<Found> Lookup(std::string_view name) override {
    const i32 number = NumberOf(name);
    sched::Process* process = FindProcess(pid_);
    if (number < 0 || process == nullptr) return Error::kNotFound;
    const auto file = process->files->Get(number);
    if (!file.ok()) return Error::kNotFound;
    auto link = TRY(MakeRef<DescriptorLink>(pid_, number, *file.value()));
    return Found{std::move(link), static_cast<u64>(number) + 2};
  }
  Result<void> List(u64 from, EntryVisitor& visitor) override {
    sched::Process* process = FindProcess(pid_);
    if (process == nullptr) return {};
    for (int fd = process->files->NextOpen(from < 2 ? 0 : static_cast<int>(from - 2)); fd >= 0;
         fd = process->files->NextOpen(fd + 1)) {
      InlineText<16> name;
      const u64 cookie = static_cast<u64>(fd) + 2;
      if (!visitor.Visit(NameOf(fd, name), kListedNumber + cookie, InodeType::kSymlink, cookie)) break;
    }
    return {};
  }
  bool empty() override { return false; }

 private:
  i32 pid_;
};

class ThreadsDirectory final : public Directory {
 public:
  explicit ThreadsDirectory(i32 pid) : Directory(ProcessFileSystem(), 0555), pid_(pid) {}
  Result<Found> Lookup(std::string_view name) override {
    const i32 tid = NumberOf(name);
    if (tid < 0 || FindProcess(pid_) == nullptr || FindThread(tid) == nullptr) return Error::kNotFound;
    for (size_t i = 0; i < known_.size(); i++) {
      if (known_[i].tid == tid) return Found{known_[i].directory, static_cast<u64>(tid) + 2};
    }
    // Those of threads that ended go as new ones come.
    for (size_t i = known_.size(); i-- > 0;) {
      if (FindThread(known_[i].tid) == nullptr) known_.Erase(i);
    }
    Ref<Directory> made = TRY(MakeRef<MemoryDirectory>(ProcessFileSystem(), 0555));
    made->parent = Ref<Directory>::Share(this);
    made->entry_in_parent = static_cast<u64>(tid) + 2;
    TRY(AddProcessTexts(*made, tid, false));
    TRY(known_.Append({tid, made}));
    return Found{made, made->entry_in_parent};
  }
  Result<void> List(u64 from, EntryVisitor& visitor) override {
    sched::Process* process = FindProcess(pid_);
    if (process == nullptr) return {};
    // In the order of their numbers, which is the order of their cookies.
    for (i32 last = from < 3 ? 0 : static_cast<i32>(from - 3);;) {
      i32 next = 0x7fffffff;
      for (sched::Thread* thread = process->threads.front(); thread != nullptr; thread = process->threads.Next(thread)) {
        if (thread->tid > last && thread->tid < next) next = thread->tid;
      }
      if (next == 0x7fffffff) return {};
      InlineText<16> name;
      const u64 cookie = static_cast<u64>(next) + 2;
      if (!visitor.Visit(NameOf(next, name), kListedNumber + cookie, InodeType::kDirectory, cookie)) return {};
      last = next;
    }
  }
  bool empty() override { return false; }

 private:
  struct Known {
    i32 tid = 0;
    Ref<Directory> directory;
  };
  i32 pid_;
  Vector<Known> known_;
};

// /proc: the machine's files, and a directory per process.
class ProcessRoot final : public MemoryDirectory {
 public:
  ProcessRoot() : MemoryDirectory(ProcessFileSystem(), 0555) {}

  Result<Found> Lookup(std::string_view name) override {
    const i32 pid = NumberOf(name);
    if (pid < 0) return MemoryDirectory::Lookup(name);
    // A thread's id works too, though it is not listed.
    sched::Thread* thread = FindThread(pid);
    sched::Process* process = FindProcess(pid);
    if (process == nullptr && thread == nullptr) return Error::kNotFound;
    const i32 owner = process != nullptr ? pid : thread->process->pid;
    if (!own_ || own_pid_ != owner) {
      own_ = TRY(MakeProcessDirectory(Ref<Directory>::Share(this), owner));
      own_->entry_in_parent = kFirstProcess + static_cast<u64>(owner);
      own_pid_ = owner;
    }
    return Found{own_, own_->entry_in_parent};
  }
  Result<void> List(u64 from, EntryVisitor& visitor) override {
    TRY(MemoryDirectory::List(from, visitor));
    sched::Process* process = sched::CurrentThread().process;
    if (process == nullptr || from > kFirstProcess + static_cast<u64>(process->pid)) return {};
    InlineText<16> name;
    const u64 number = own_ ? own_->number() : kListedNumber;
    visitor.Visit(NameOf(process->pid, name), number, InodeType::kDirectory, kFirstProcess + static_cast<u64>(process->pid));
    return {};
  }

 private:
  static constexpr u64 kFirstProcess = u64{1} << 20;  // cookies above those of the machine's files
  Ref<Directory> own_;
  i32 own_pid_ = 0;
};

// /proc/self and /proc/thread-self.
class SelfLink final : public Inode {
 public:
  explicit SelfLink(bool thread) : Inode(ProcessFileSystem(), InodeType::kSymlink, 0777), thread_(thread) {}
  Result<String> ReadLink() override {
    const sched::Thread& current = sched::CurrentThread();
    if (current.process == nullptr) return Error::kNotFound;
    InlineText<48> text;
    Format(text, "{}", current.process->pid);
    if (thread_) Format(text, "/task/{}", current.tid);
    return String::From(text.text());
  }

 private:
  bool thread_;
};

}  // namespace

Result<Ref<Directory>> MakeProcessDirectory(Ref<Directory> parent, i32 pid) {
  Ref<Directory> directory = TRY(MakeRef<MemoryDirectory>(ProcessFileSystem(), 0555));
  directory->parent = std::move(parent);
  directory->immutable = true;
  TRY(AddProcessTexts(*directory, pid, true));
  TRY(AddDirectory(directory, "net"));  // empty: the machine has no network
  using What = PlaceLink::What;
  constexpr struct {
    std::string_view name;
    What what;
  } kLinks[] = {{"exe", What::kExecutable}, {"cwd", What::kWorking}, {"root", What::kRoot}};
  for (const auto& link : kLinks) {
    auto node = TRY(MakeRef<PlaceLink>(pid, link.what));
    TRY(directory->Insert(link.name, std::move(node)));
  }
  auto descriptors = TRY(MakeRef<DescriptorDirectory>(pid, 0500));
  descriptors->parent = directory;
  descriptors->entry_in_parent = TRY(directory->Insert("fd", descriptors));
  auto threads = TRY(MakeRef<ThreadsDirectory>(pid));
  threads->parent = directory;
  threads->entry_in_parent = TRY(directory->Insert("task", threads));
  return directory;
}

Result<Ref<Directory>> MakeProcessTree() {
  Ref<Directory> root = TRY(MakeRef<ProcessRoot>());
  auto self = TRY(MakeRef<SelfLink>(false));
  TRY(root->Insert("self", std::move(self)));
  auto thread_self = TRY(MakeRef<SelfLink>(true));
  TRY(root->Insert("thread-self", std::move(thread_self)));
  auto mounts = TRY(SymbolicLink::Create(ProcessFileSystem(), "self/mounts"));
  TRY(root->Insert("mounts", std::move(mounts)));
  auto network = TRY(SymbolicLink::Create(ProcessFileSystem(), "self/net"));
  TRY(root->Insert("net", std::move(network)));
  TRY(AddMachineTexts(root));
  return root;
}

}  // namespace caponier::fs
