// inotify(7): what the program does to files, told to whoever of its threads watches them.
//
// An inode knows the watches on it and no watch keeps an inode: one whose last name and last open file are gone says so and ends its
// watches. Names are those that files have now; of what was unlinked or renamed while open only its own watches hear.
#pragma once

#include <string_view>

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"

namespace caponier::fs {

// Linux's most of each [inotify(7), /proc/sys/fs/inotify/max_queued_events].
inline constexpr size_t kNotifyEventsMost = 16384;

class NotifyFile;

// One file's interest in one inode.
struct InodeWatch {
  InodeWatch(NotifyFile& watching, Inode& watched, i32 its_number, u32 its_mask)
      : file(&watching), inode(&watched), number(its_number), mask(its_mask) {}
  NotifyFile* file;
  Inode* inode;
  i32 number;
  u32 mask;
  ListNode inode_node, file_node;
};

// The watches on an inode, which has them from its first on.
class WatchList {
 public:
  explicit WatchList(Inode& inode) : inode_(inode) {}
  ~WatchList();  // the inode ends
  void Add(InodeWatch* watch) { watches_.PushBack(watch); }
  void Remove(InodeWatch* watch) { watches_.Remove(watch); }
  InodeWatch* Of(const NotifyFile& file);
  void Tell(u32 event, u32 cookie, std::string_view name);

 private:
  Inode& inode_;
  List<InodeWatch, &InodeWatch::inode_node> watches_;
};

class NotifyFile final : public File {
 public:
  ~NotifyFile() override;

  // Whole events, as many as fit; kInvalidArgument when the first does not.
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer&, u64) override { return Error::kBadDescriptor; }
  PollEvents Poll(PollRegistrar& registrar) override;
  Result<i64> Control(u32 request, u64 argument) override;
  NotifyFile* as_notify() override { return this; }
  Result<String> Name() override { return String::From("anon_inode:inotify"); }

  // IN_* of events and of how to watch, checked. The watch's number: an inode has one in each file.
  Result<i32> Watch(Inode& inode, u32 mask);
  // kInvalidArgument when there is none of that number.
  Result<void> Unwatch(i32 number);

 private:
  friend class WatchList;
  struct Event {
    i32 number = 0;
    u32 mask = 0, cookie = 0;
    String name;
    ListNode node;
    u64 bytes() const;  // as it is read
  };
  void End(InodeWatch* watch);
  void Queue(i32 number, u32 mask, u32 cookie, std::string_view name);

  List<InodeWatch, &InodeWatch::file_node> watches_;
  List<Event, &Event::node> events_;
  u64 queued_bytes_ = 0;
  i32 last_number_ = 0;
  sched::WaitQueue readable_;
};

// Something happened to the inode itself.
void Tell(Inode& inode, u32 event);
// Something happened to what was reached there: its own watches and its directory's.
void Tell(const Location& where, u32 event);
// A name came into a directory, or left it.
void TellOfName(Directory& directory, std::string_view name, const Inode& inode, u32 event, u32 cookie = 0);
// Joins the two events of a rename.
u32 NewMoveCookie();

}  // namespace caponier::fs
