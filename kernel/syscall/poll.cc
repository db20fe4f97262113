// poll(2), ppoll(2), select(2), pselect6(2).
#include "kernel/syscall/poll.h"

#include <algorithm>

#include "kernel/sched/signal.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

constexpr u64 kSecond = 1'000'000'000;
constexpr u32 kReadEvents = kPOLLIN | kPOLLRDNORM, kWriteEvents = kPOLLOUT | kPOLLWRNORM;

// Counts the queues of a poll, so that all its waiters can be made at once.
class QueueCounter final : public fs::PollRegistrar {
 public:
  void WaitFor(sched::WaitQueue&) override { count_++; }
  size_t count() const { return count_; }

 private:
  size_t count_ = 0;
};

// One place in every queue; all are left again when this dies.
class QueuePlaces final : public fs::PollRegistrar {
 public:
  ~QueuePlaces() {
    for (sched::Waiter& waiter : places().first(used_)) {
      if (waiter.queue != nullptr) waiter.queue->Remove(&waiter);
    }
  }
  Result<void> Prepare(size_t count) {
    count_ = count;
    return count <= kFew ? Result<void>() : many_.Resize(count);
  }
  void WaitFor(sched::WaitQueue& queue) override {
    if (used_ < count_) queue.Add(&places()[used_++]);
  }
  bool AnyWoken() {
    return std::ranges::any_of(places().first(used_), [](const sched::Waiter& waiter) { return waiter.woken; });
  }

 private:
  static constexpr size_t kFew = 6;
  std::span<sched::Waiter> places() { return count_ <= kFew ? std::span(few_, count_) : std::span(many_.data(), count_); }

  sched::Waiter few_[kFew];
  Vector<sched::Waiter> many_;
  size_t count_ = 0, used_ = 0;
};

u64 Look(std::span<PollEntry> entries, fs::PollRegistrar& registrar) {
  u64 ready = 0;
  for (PollEntry& entry : entries) {
    if (!entry.file) continue;
    u32 events = entry.file->Poll(registrar);
    if ((events & fs::kPollIn) != 0) events |= kPOLLRDNORM;
    if ((events & fs::kPollOut) != 0) events |= kPOLLWRNORM;
    entry.found = events & (entry.wanted | kPOLLERR | kPOLLHUP);
    if (entry.found != 0) ready++;
  }
  return ready;
}

}  // namespace

Result<u64> WaitForAny(std::span<PollEntry> entries, u64 deadline_ns) {
  for (;;) {
    QueueCounter counter;
    const u64 ready = Look(entries, counter);
    if (ready != 0 || deadline_ns == 0) return ready;
    QueuePlaces places;
    TRY(places.Prepare(counter.count()));
    // No other thread runs between this look and the sleep, but the look itself may make a device answer: what it found, and
    // whoever it woke, is not slept over.
    if (Look(entries, places) != 0 || places.AnyWoken()) continue;
    const auto waited = sched::Block(deadline_ns, sched::Interruptible::kYes);
    if (waited.ok()) continue;
    if (waited.error() != Error::kTimedOut) return waited.error();
    deadline_ns = 0;  // one last look
  }
}

u64 DeadlineAfter(u64 ns) {
  if (ns == 0) return 0;
  u64 deadline;
  return CheckedAdd(arch::NowNs(), ns, &deadline) ? deadline : sched::kForever;
}

namespace {

Result<u64> DeadlineOf(i64 seconds, i64 ns) {
  if (seconds < 0 || ns < 0 || ns >= static_cast<i64>(kSecond)) return Error::kInvalidArgument;
  u64 total;
  if (!CheckedMul(static_cast<u64>(seconds), kSecond, &total) || !CheckedAdd(total, static_cast<u64>(ns), &total))
    return sched::kForever;
  return DeadlineAfter(total);
}

}  // namespace

Result<u64> DeadlineFrom(u64 address) {
  if (address == 0) return sched::kForever;
  const Timespec timeout = TRY(mm::ReadUser<Timespec>(address));
  return DeadlineOf(timeout.sec, timeout.nsec);
}

void GiveRemaining(u64 address, u64 deadline_ns, bool as_timeval) {
  if (address == 0 || deadline_ns == sched::kForever) return;
  const u64 now = arch::NowNs(), left = deadline_ns > now ? deadline_ns - now : 0;
  const i64 seconds = static_cast<i64>(left / kSecond), rest = static_cast<i64>(left % kSecond);
  // A place that cannot be written is no reason to lose the result of the wait.
  if (as_timeval) {
    (void)mm::WriteUser(address, Timeval{seconds, rest / 1000});
  } else {
    (void)mm::WriteUser(address, Timespec{seconds, rest});
  }
}

Result<void> MaskedWait::Apply(u64 address, u64 bytes) {
  if (address == 0) return {};
  if (bytes != kSigsetBytes) return Error::kInvalidArgument;
  const u64 mask = TRY(mm::ReadUser<u64>(address));
  sched::SetTemporaryMask(thread_, mask);
  applied_ = true;
  return {};
}

void MaskedWait::Finish(bool interrupted) {
  if (applied_) sched::RestoreMaskUnlessInterrupted(thread_, interrupted);
}

// --- poll ------------------------------------------------------------------------------------------------------------------------

namespace {

Result<i64> Poll(Call& call, u64 address, u32 count, u64 deadline) {
  fs::Context& context = Files(call);
  if (count > context.descriptor_limit) return Error::kInvalidArgument;
  Vector<Pollfd> polled;
  Vector<PollEntry> entries;
  TRY(polled.Resize(count));
  TRY(entries.Resize(count));
  TRY(mm::CopyFromUser(std::as_writable_bytes(std::span<Pollfd>(polled)), address));
  bool invalid = false;
  for (u32 i = 0; i < count; i++) {
    polled[i].revents = 0;
    if (polled[i].fd < 0) continue;
    const auto file = context.Get(polled[i].fd);
    if (!file.ok() || !file.value()->usable()) {
      polled[i].revents = kPOLLNVAL;
      invalid = true;
      continue;
    }
    entries[i].file = file.value();
    entries[i].wanted = static_cast<u16>(polled[i].events);
  }
  const auto waited = WaitForAny(entries, invalid ? 0 : deadline);
  if (!waited.ok()) return waited.error();
  i64 ready = 0;
  for (u32 i = 0; i < count; i++) {
    if (entries[i].file) polled[i].revents = static_cast<i16>(entries[i].found);
    if (polled[i].revents != 0) ready++;
  }
  TRY(mm::CopyToUser(address, std::as_bytes(std::span<const Pollfd>(polled))));
  return ready;
}

}  // namespace

#if defined(__x86_64__)
Result<i64> SysPoll(Call& call) {
  const i32 timeout_ms = call.Int(2);
  return Poll(call, call[0], call.Unsigned(1),
              timeout_ms < 0 ? sched::kForever : DeadlineAfter(static_cast<u64>(timeout_ms) * 1'000'000));
}
#endif

Result<i64> SysPpoll(Call& call) {
  const u64 deadline = TRY(DeadlineFrom(call[2]));
  MaskedWait masked(call.thread);
  TRY(masked.Apply(call[3], call[4]));
  const auto result = Poll(call, call[0], call.Unsigned(1), deadline);
  masked.Finish(!result.ok() && result.error() == Error::kInterrupted);
  GiveRemaining(call[2], deadline);
  return result;
}

// --- select ----------------------------------------------------------------------------------------------------------------------

namespace {

// Linux's three questions, as poll events [select(2)].
constexpr u32 kSelectEvents[3] = {kReadEvents, kWriteEvents, kPOLLPRI};
constexpr u32 kSelectAnswers[3] = {kReadEvents | kPOLLHUP | kPOLLERR, kWriteEvents | kPOLLERR, kPOLLPRI};

Result<i64> Select(Call& call, i32 count, const u64 (&sets)[3], u64 deadline) {
  if (count < 0) return Error::kInvalidArgument;
  fs::Context& context = Files(call);
  const u32 bits = std::min<u32>(static_cast<u32>(count), context.descriptor_limit);
  const u32 words = (bits + 63) / 64;
  Vector<u64> asked[3];
  for (int set = 0; set < 3; set++) {
    TRY(asked[set].Resize(words));
    if (sets[set] != 0) TRY(mm::CopyFromUser(std::as_writable_bytes(std::span<u64>(asked[set])), sets[set]));
  }
  Vector<PollEntry> entries;
  Vector<u32> descriptors;
  for (u32 fd = 0; fd < bits; fd++) {
    PollEntry entry;
    for (int set = 0; set < 3; set++) {
      if ((asked[set][fd / 64] >> (fd % 64) & 1) != 0) entry.wanted |= kSelectEvents[set];
    }
    if (entry.wanted == 0) continue;
    entry.file = TRY(UsableFile(call, static_cast<int>(fd)));
    TRY(entries.Append(std::move(entry)));
    TRY(descriptors.Append(fd));
  }
  TRY(WaitForAny(entries, deadline));
  i64 ready = 0;
  Vector<u64> answers[3];
  for (int set = 0; set < 3; set++) TRY(answers[set].Resize(words));
  for (size_t i = 0; i < entries.size(); i++) {
    const u32 fd = descriptors[i];
    for (int set = 0; set < 3; set++) {
      const bool wanted = (asked[set][fd / 64] >> (fd % 64) & 1) != 0;
      if (!wanted || (entries[i].found & kSelectAnswers[set]) == 0) continue;
      answers[set][fd / 64] |= u64{1} << (fd % 64);
      ready++;
    }
  }
  for (int set = 0; set < 3; set++) {
    if (sets[set] != 0) TRY(mm::CopyToUser(sets[set], std::as_bytes(std::span<const u64>(answers[set]))));
  }
  return ready;
}

}  // namespace

#if defined(__x86_64__)
Result<i64> SysSelect(Call& call) {
  u64 deadline = sched::kForever;
  if (call[4] != 0) {
    const Timeval timeout = TRY(mm::ReadUser<Timeval>(call[4]));
    if (timeout.sec < 0 || timeout.usec < 0) return Error::kInvalidArgument;
    // Linux takes more than a second of microseconds here.
    i64 seconds;
    if (!CheckedAdd<i64>(timeout.sec, timeout.usec / 1'000'000, &seconds)) return Error::kInvalidArgument;
    deadline = TRY(DeadlineOf(seconds, timeout.usec % 1'000'000 * 1000));
  }
  const auto result = Select(call, call.Int(0), {call[1], call[2], call[3]}, deadline);
  GiveRemaining(call[4], deadline, true);
  return result;
}
#endif

Result<i64> SysPselect6(Call& call) {
  const u64 deadline = TRY(DeadlineFrom(call[4]));
  MaskedWait masked(call.thread);
  if (call[5] != 0) {
    struct MaskArgument {
      u64 address, bytes;
    };
    const auto mask = TRY(mm::ReadUser<MaskArgument>(call[5]));
    TRY(masked.Apply(mask.address, mask.bytes));
  }
  const auto result = Select(call, call.Int(0), {call[1], call[2], call[3]}, deadline);
  masked.Finish(!result.ok() && result.error() == Error::kInterrupted);
  GiveRemaining(call[4], deadline);
  return result;
}

}  // namespace caponier::syscall
