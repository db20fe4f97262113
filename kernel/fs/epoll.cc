#include "kernel/fs/epoll.h"

#include <algorithm>

#include "kernel/mm/frames.h"
#include "lib/linux_abi/event_flags.h"

namespace caponier::fs {

using namespace linux_abi;

struct EventSet::QueueWatch : sched::Waiter {
  EventSet::Entry* entry = nullptr;
};

struct EventSet::Entry final : FileWatch {
  Entry(EventSet& owner, File& watched, int number) : set(owner), file(watched), descriptor(number) { ready_place.entry = this; }
  void OnFileGone() override { set.Discard(*this); }

  EventSet& set;
  File& file;  // outlives this
  const int descriptor;
  EventInterest interest;
  bool ready = false;
  bool spent = false;  // EPOLLONESHOT fired: silent until changed
  ReadyNode ready_place;
  static constexpr size_t kQueues = 4;  // more than any kind of file has
  QueueWatch queues[kQueues];
  size_t queue_count = 0;
};

namespace {

class NoRegistrar final : public PollRegistrar {
 public:
  void WaitFor(sched::WaitQueue&) override {}
};

constexpr u32 kAlways = kEPOLLERR | kEPOLLHUP;

}  // namespace

class EventSet::Registrar final : public PollRegistrar {
 public:
  explicit Registrar(Entry& entry) : entry_(entry) {}
  void WaitFor(sched::WaitQueue& queue) override {
    if (entry_.queue_count == Entry::kQueues) __builtin_trap();
    QueueWatch& watch = entry_.queues[entry_.queue_count++];
    watch.entry = &entry_;
    watch.notify = [](sched::Waiter& waiter) {
      Entry& woken = *static_cast<QueueWatch&>(waiter).entry;
      woken.set.MarkReady(woken);
    };
    queue.Add(&watch);
  }

 private:
  Entry& entry_;
};

EventSet::~EventSet() {
  while (!entries_.empty()) {
    Entry& entry = *entries_.back();
    entry.file.RemoveWatch(&entry);
    Discard(entry);
  }
}

EventSet::Entry* EventSet::Find(int descriptor, const File& file) {
  for (Entry* entry : entries_) {
    if (entry->descriptor == descriptor && &entry->file == &file) return entry;
  }
  return nullptr;
}

int EventSet::Depth(const EventSet& wanted) const {
  if (this == &wanted) return kMaxDepth + 1;
  int below = 0;
  for (const Entry* entry : entries_) {
    if (const EventSet* nested = entry->file.as_event_set()) below = std::max(below, nested->Depth(wanted));
  }
  return below + 1;
}

// The events of the entry's interest that hold now.
u32 EventSet::Current(Entry& entry) {
  NoRegistrar none;
  u32 events = entry.file.Poll(none);
  if ((events & kPollIn) != 0) events |= kEPOLLRDNORM;
  if ((events & kPollOut) != 0) events |= kEPOLLWRNORM;
  return events & (entry.interest.events | kAlways);
}

void EventSet::Enlist(Entry& entry) {
  if (entry.ready) return;
  entry.ready = true;
  ready_.PushBack(&entry.ready_place);
}

void EventSet::Strike(Entry& entry) {
  if (!entry.ready) return;
  entry.ready = false;
  ready_.Remove(&entry.ready_place);
}

void EventSet::MarkReady(Entry& entry) {
  if (entry.spent) return;
  Enlist(entry);
  ready_queue_.WakeAll();
}

void EventSet::Discard(Entry& entry) {
  for (size_t i = 0; i < entry.queue_count; i++) entry.queues[i].queue->Remove(&entry.queues[i]);
  Strike(entry);
  const size_t at = static_cast<size_t>(std::find(entries_.begin(), entries_.end(), &entry) - entries_.begin());
  entries_.Erase(at);
  delete &entry;
}

Result<void> EventSet::Add(int descriptor, File& file, const EventInterest& interest) {
  if (Find(descriptor, file) != nullptr) return Error::kExists;
  if (!file.pollable()) return Error::kNotPermitted;
  if (const EventSet* nested = file.as_event_set(); nested != nullptr && nested->Depth(*this) >= kMaxDepth)
    return Error::kTooManyLinks;
  if (mm::InReserve()) return Error::kNoMemory;
  Entry* entry = new (std::nothrow) Entry(*this, file, descriptor);
  if (entry == nullptr) return Error::kNoMemory;
  if (auto appended = entries_.Append(entry); !appended.ok()) {
    delete entry;
    return appended.error();
  }
  entry->interest = interest;
  file.AddWatch(entry);
  Registrar registrar(*entry);
  (void)file.Poll(registrar);
  if (Current(*entry) != 0) MarkReady(*entry);
  return {};
}

Result<void> EventSet::Change(int descriptor, File& file, const EventInterest& interest) {
  Entry* entry = Find(descriptor, file);
  if (entry == nullptr) return Error::kNotFound;
  if ((interest.events & kEPOLLEXCLUSIVE) != 0 || (entry->interest.events & kEPOLLEXCLUSIVE) != 0) return Error::kInvalidArgument;
  entry->interest = interest;
  entry->spent = false;
  if (Current(*entry) != 0) MarkReady(*entry);
  return {};
}

Result<void> EventSet::Remove(int descriptor, File& file) {
  Entry* entry = Find(descriptor, file);
  if (entry == nullptr) return Error::kNotFound;
  file.RemoveWatch(entry);
  Discard(*entry);
  return {};
}

PollEvents EventSet::Poll(PollRegistrar& registrar) {
  registrar.WaitFor(ready_queue_);
  // Readable only while some entry's events still hold.
  for (ReadyNode* node = ready_.front(); node != nullptr; node = ready_.Next(node)) {
    if (Current(*node->entry) != 0) return kPollIn;
  }
  return 0;
}

size_t EventSet::Collect(std::span<EventInterest> out) {
  size_t found = 0;
  for (size_t left = ready_.size(); left != 0 && found < out.size(); left--) {
    Entry& entry = *ready_.front()->entry;
    Strike(entry);
    const u32 events = Current(entry);  // which may make a device answer, and that mark any entry, this one too
    if (events == 0) continue;
    out[found++] = {events, entry.interest.data};
    if ((entry.interest.events & kEPOLLONESHOT) != 0) {
      entry.spent = true;
      Strike(entry);
    } else if ((entry.interest.events & kEPOLLET) == 0) {
      Enlist(entry);
    }
  }
  return found;
}

}  // namespace caponier::fs
