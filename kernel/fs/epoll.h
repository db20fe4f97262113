// epoll(7): a set of open files and the events somebody waits for on each.
//
// Each file's queues tell the set when something may have happened; the file is then on the ready list, and a wait looks only at
// that list. A level-triggered file goes back to its end while its events hold, an edge-triggered one when it is told again.
// An entry ends with its open file, not with a descriptor.
#pragma once

#include "kernel/fs/file.h"

namespace caponier::fs {

struct EventInterest {
  u32 events = 0;  // EPOLL*
  u64 data = 0;
};

class EventSet final : public File {
 public:
  EventSet() = default;
  Result<u64> Read(mm::IoBuffer&, u64) override { return Error::kInvalidArgument; }
  PollEvents Poll(PollRegistrar& registrar) override;
  Result<String> Name() override { return String::From("anon_inode:[eventpoll]"); }
  EventSet* as_event_set() override { return this; }

  // epoll_ctl(2): entries are known by descriptor and file together.
  Result<void> Add(int descriptor, File& file, const EventInterest& interest);
  Result<void> Change(int descriptor, File& file, const EventInterest& interest);
  Result<void> Remove(int descriptor, File& file);
  // Up to out.size() ready entries; how many. Does not wait.
  size_t Collect(std::span<EventInterest> out);
  // Whether there is anything to collect, as far as is known without a look at the files.
  bool AnyReady() const { return !ready_.empty(); }
  size_t size() const { return entries_.size(); }
  sched::WaitQueue& ready_queue() { return ready_queue_; }

 private:
  struct Entry;
  struct QueueWatch;
  class Registrar;
  struct ReadyNode {
    Entry* entry = nullptr;
    ListNode node;
  };

  ~EventSet() override;
  Entry* Find(int descriptor, const File& file);
  // How many sets lie below this one, itself counted; over the limit when `wanted` is among them.
  int Depth(const EventSet& wanted) const;
  void Enlist(Entry& entry);  // among the ready ones, unless it is
  void Strike(Entry& entry);  // from among them, if it is there
  void MarkReady(Entry& entry);
  void Discard(Entry& entry);
  static u32 Current(Entry& entry);

  static constexpr int kMaxDepth = 5;  // as Linux's EP_MAX_NESTS + 1

  Vector<Entry*> entries_;
  List<ReadyNode, &ReadyNode::node> ready_;
  sched::WaitQueue ready_queue_;
};

}  // namespace caponier::fs
