#include "kernel/fs/notify.h"

#include "kernel/mm/frames.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/terminal_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::fs {
namespace {

using namespace linux_abi;

constinit size_t g_watches = 0;  // where nobody watches, nothing is looked for
constinit u32 g_move_cookie = 0;

constexpr u32 kSelfAlone = kIN_DELETE_SELF | kIN_MOVE_SELF;  // of a directory they do not say that it is one [inotify(7)]

u32 OfKind(const Inode& inode, u32 event) {
  return inode.is_directory() && (event & kSelfAlone) == 0 ? event | kIN_ISDIR : event;
}

// The name of a directory's entry, if it is still there.
class EntryName final : public EntryVisitor {
 public:
  explicit EntryName(u64 cookie) : cookie_(cookie) {}
  bool Visit(std::string_view name, u64, InodeType, u64 cookie) override {
    if (cookie == cookie_) length_ = name.copy(name_, sizeof(name_));
    return false;
  }
  std::string_view text() const { return {name_, length_}; }

 private:
  u64 cookie_;
  size_t length_ = 0;
  char name_[kNameMax];
};

// Apart, for the name's room on the stack.
[[gnu::noinline]] void TellDirectory(const Location& where, u32 event) {
  EntryName name(where.entry);
  if (where.directory->List(where.entry, name).ok() && !name.text().empty())
    where.directory->watches->Tell(OfKind(*where.inode, event), 0, name.text());
}

}  // namespace

// --- what happened -----------------------------------------------------------------------------------------------------------------

void Tell(Inode& inode, u32 event) {
  if (g_watches != 0 && inode.watches != nullptr) inode.watches->Tell(OfKind(inode, event), 0, {});
}

void Tell(const Location& where, u32 event) {
  if (g_watches == 0 || !where.inode) return;
  if (where.directory && where.directory->watches != nullptr) TellDirectory(where, event);
  Tell(*where.inode, event);
}

void TellOfName(Directory& directory, std::string_view name, const Inode& inode, u32 event, u32 cookie) {
  if (g_watches != 0 && directory.watches != nullptr) directory.watches->Tell(OfKind(inode, event), cookie, name);
}

u32 NewMoveCookie() { return ++g_move_cookie; }

// --- watches -----------------------------------------------------------------------------------------------------------------------

InodeWatch* WatchList::Of(const NotifyFile& file) {
  for (InodeWatch* watch = watches_.front(); watch != nullptr; watch = watches_.Next(watch)) {
    if (watch->file == &file) return watch;
  }
  return nullptr;
}

void WatchList::Tell(u32 event, u32 cookie, std::string_view name) {
  for (InodeWatch* watch = watches_.front(); watch != nullptr;) {
    InodeWatch* next = watches_.Next(watch);
    if ((watch->mask & event & ~u32{kIN_ISDIR}) != 0) {
      watch->file->Queue(watch->number, event, cookie, name);
      if ((watch->mask & kIN_ONESHOT) != 0) watch->file->End(watch);
    }
    watch = next;
  }
}

WatchList::~WatchList() {
  if (inode_.links == 0) Tell(kIN_DELETE_SELF, 0, {});
  while (InodeWatch* watch = watches_.front()) watch->file->End(watch);
}

// --- the file ----------------------------------------------------------------------------------------------------------------------

NotifyFile::~NotifyFile() {
  while (InodeWatch* watch = watches_.front()) End(watch);
  while (Event* event = events_.PopFront()) delete event;
}

Result<i32> NotifyFile::Watch(Inode& inode, u32 mask) {
  constexpr u32 kKept = kIN_ALL_EVENTS | kIN_ONESHOT;
  if (InodeWatch* watch = inode.watches == nullptr ? nullptr : inode.watches->Of(*this)) {
    if ((mask & kIN_MASK_CREATE) != 0) return Error::kExists;
    watch->mask = ((mask & kIN_MASK_ADD) != 0 ? watch->mask : 0) | (mask & kKept);
    return watch->number;
  }
  if (mm::InReserve()) return Error::kNoMemory;
  if (inode.watches == nullptr) {
    inode.watches = new (std::nothrow) WatchList(inode);
    if (inode.watches == nullptr) return Error::kNoMemory;
  }
  if (last_number_ == 0x7fff'ffff) return Error::kNoSpace;
  auto* watch = new (std::nothrow) InodeWatch(*this, inode, last_number_ + 1, mask & kKept);
  if (watch == nullptr) return Error::kNoMemory;
  last_number_++;
  inode.watches->Add(watch);
  watches_.PushBack(watch);
  g_watches++;
  return watch->number;
}

void NotifyFile::End(InodeWatch* watch) {
  Queue(watch->number, kIN_IGNORED, 0, {});
  watch->inode->watches->Remove(watch);
  watches_.Remove(watch);
  g_watches--;
  delete watch;
}

Result<void> NotifyFile::Unwatch(i32 number) {
  for (InodeWatch* watch = watches_.front(); watch != nullptr; watch = watches_.Next(watch)) {
    if (watch->number != number) continue;
    End(watch);
    return {};
  }
  return Error::kInvalidArgument;
}

// A name is read with a NUL, filled up to a multiple of the event's size.
u64 NotifyFile::Event::bytes() const {
  return sizeof(InotifyEvent) + (name.empty() ? 0 : AlignUp(name.view().size() + 1, sizeof(InotifyEvent)));
}

void NotifyFile::Queue(i32 number, u32 mask, u32 cookie, std::string_view name) {
  const bool full = events_.size() >= kNotifyEventsMost || mm::InReserve();
  if (const Event* last = events_.back(); last != nullptr && (last->mask & kIN_IGNORED) == 0) {
    // What is as the one before it is said once.
    if (full ? (last->mask & kIN_Q_OVERFLOW) != 0 : last->mask == mask && last->number == number && last->name.view() == name)
      return;
  }
  auto* event = new (std::nothrow) Event;
  if (event == nullptr) return;
  event->number = full ? -1 : number;
  event->mask = full ? u32{kIN_Q_OVERFLOW} : mask;
  if (!full) {
    event->cookie = cookie;
    auto kept = String::From(name);
    if (kept.ok()) event->name = std::move(kept).value();
  }
  queued_bytes_ += event->bytes();
  events_.PushBack(event);
  readable_.WakeAll();
}

Result<u64> NotifyFile::Read(mm::IoBuffer& to, u64) {
  while (events_.empty()) {
    if (nonblocking()) return Error::kWouldBlock;
    TRY(sched::WaitOn(readable_, sched::kForever, sched::Interruptible::kYes));
  }
  u64 done = 0;
  while (Event* event = events_.front()) {
    const u64 bytes = event->bytes();
    if (bytes > to.remaining()) {
      if (done == 0) return Error::kInvalidArgument;
      break;
    }
    const std::string_view name = event->name;
    const InotifyEvent header{event->number, event->mask, event->cookie, static_cast<u32>(bytes - sizeof(InotifyEvent))};
    TRY(to.Put(BytesOf(header)));
    TRY(to.Put(AsBytes(name)));
    TRY(to.PutZeroes(header.len - name.size()));
    events_.Remove(event);
    queued_bytes_ -= bytes;
    delete event;
    done += bytes;
  }
  return done;
}

PollEvents NotifyFile::Poll(PollRegistrar& registrar) {
  registrar.WaitFor(readable_);
  return events_.empty() ? 0 : kPollIn;
}

Result<i64> NotifyFile::Control(u32 request, u64 argument) {
  if (request != kFIONREAD) return Error::kNotATerminal;
  TRY(mm::WriteUser<i32>(argument, static_cast<i32>(queued_bytes_)));
  return 0;
}

}  // namespace caponier::fs
