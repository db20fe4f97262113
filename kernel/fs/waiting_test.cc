// Pipes, counters, poll and epoll.
#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/event_counter.h"
#include "kernel/fs/for_test/machine.h"
#include "kernel/fs/pipe.h"
#include "kernel/syscall/poll.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::syscall {
Result<i64> SysEpollPwait(Call& call);
Result<i64> SysWrite(Call& call);
}  // namespace caponier::syscall

namespace caponier::fs {
namespace {

using namespace linux_abi;

std::string ReadFrom(File& file, u64 bytes) {
  std::string text(bytes, '?');
  mm::IoBuffer to = mm::IoBuffer::Kernel(std::as_writable_bytes(std::span(text.data(), text.size())));
  const auto got = file.Read(to, File::kStream);
  text.resize(got.ok() ? got.value() : 0);
  return text;
}
Result<u64> WriteTo(File& file, std::string_view text) {
  mm::IoBuffer from = mm::IoBuffer::Kernel(AsBytes(text));
  return file.Write(from, File::kStream);
}

class WaitingTest : public testing::Test {
 protected:
  for_test::Machine machine_;
};

TEST_F(WaitingTest, PipesKeepOrderAcrossTheRingsEnd) {
  PipeEnds pipe = MakePipe(kO_NONBLOCK).value();
  std::string sent, got;
  char next = 0;
  for (int round = 0; round < 50; round++) {
    std::string piece(3000, '\0');
    for (char& c : piece) c = next++;
    if (WriteTo(*pipe.write, piece).ok()) sent += piece;
    got += ReadFrom(*pipe.read, 2900);
  }
  while (true) {
    const std::string rest = ReadFrom(*pipe.read, 5000);
    if (rest.empty()) break;
    got += rest;
  }
  EXPECT_EQ(got, sent);
}

TEST_F(WaitingTest, ShortWritesToAPipeAreWhole) {
  PipeEnds pipe = MakePipe(kO_NONBLOCK).value();
  EXPECT_EQ(WriteTo(*pipe.write, std::string(kPipeBytes - 100, 'x')).value(), kPipeBytes - 100);
  EXPECT_EQ(WriteTo(*pipe.write, std::string(200, 'y')).error(), Error::kWouldBlock);
  EXPECT_EQ(WriteTo(*pipe.write, std::string(kPipeAtomicBytes + 1, 'z')).value(), 100u);
}

TEST_F(WaitingTest, ABlockedWriterGoesOnAsRoomAppears) {
  PipeEnds pipe = MakePipe(0).value();
  std::string got;
  for_test::SetSleep([&] {
    got += ReadFrom(*pipe.read, 10000);
    return true;
  });
  const std::string sent(200000, 'q');
  EXPECT_EQ(WriteTo(*pipe.write, sent).value(), sent.size());
  while (got.size() < sent.size()) got += ReadFrom(*pipe.read, 10000);
  EXPECT_EQ(got, sent);
}

TEST_F(WaitingTest, ASignalEndsAWaitWithWhatWasDone) {
  PipeEnds pipe = MakePipe(0).value();
  EXPECT_EQ(WriteTo(*pipe.write, std::string(kPipeBytes + 9000, 'x')).value(), kPipeBytes);
  EXPECT_EQ(WriteTo(*pipe.write, "x").error(), Error::kInterrupted);
}

TEST_F(WaitingTest, NobodyAtTheOtherEnd) {
  PipeEnds pipe = MakePipe(0).value();
  const int fd = machine_.files().Install(pipe.write, false).value();
  pipe.read = nullptr;
  EXPECT_EQ(machine_.Call(syscall::SysWrite, {u64(fd), u64("x"), 1}), -kEPIPE);
  EXPECT_EQ(for_test::RaisedSignal(), 13);
  PipeEnds other = MakePipe(0).value();
  WriteTo(*other.write, "last").value();
  other.write = nullptr;
  EXPECT_EQ(ReadFrom(*other.read, 10), "last");
  EXPECT_EQ(ReadFrom(*other.read, 10), "");
}

TEST_F(WaitingTest, PollSeesEachEndsState) {
  PipeEnds pipe = MakePipe(0).value();
  const auto look = [](const Ref<File>& file) {
    syscall::PollEntry entry[1] = {{file, kPOLLIN | kPOLLOUT, 0}};
    syscall::WaitForAny(entry, 0).value();
    return entry[0].found;
  };
  EXPECT_EQ(look(pipe.read), 0u);
  EXPECT_EQ(look(pipe.write), u32{kPOLLOUT});
  WriteTo(*pipe.write, std::string(kPipeBytes, 'x')).value();
  EXPECT_EQ(look(pipe.read), u32{kPOLLIN});
  EXPECT_EQ(look(pipe.write), 0u);
  Ref<File> write = pipe.write;
  pipe.read = nullptr;
  EXPECT_EQ(look(write) & kPOLLERR, u32{kPOLLERR});
}

TEST_F(WaitingTest, PollWakesForWhatHappensMeanwhile) {
  PipeEnds one = MakePipe(0).value(), two = MakePipe(0).value();
  syscall::PollEntry entries[2] = {{one.read, kPOLLIN, 0}, {two.read, kPOLLIN, 0}};
  int sleeps = 0;
  for_test::SetSleep([&] {
    if (++sleeps == 3) WriteTo(*two.write, "!").value();
    return true;
  });
  EXPECT_EQ(syscall::WaitForAny(entries, sched::kForever).value(), 1u);
  EXPECT_EQ(sleeps, 3);
  EXPECT_EQ(entries[0].found, 0u);
  EXPECT_EQ(entries[1].found, u32{kPOLLIN});
}

// Readable when `look` says so, which may also do what a device does that answers while it is looked at: wake the queue.
class Watched final : public File {
 public:
  explicit Watched(std::function<bool(sched::WaitQueue&)> look) : look_(std::move(look)) {}
  PollEvents Poll(PollRegistrar& registrar) override {
    registrar.WaitFor(queue_);
    return look_(queue_) ? kPollIn : 0;
  }

 private:
  sched::WaitQueue queue_;
  std::function<bool(sched::WaitQueue&)> look_;
};

TEST_F(WaitingTest, PollDoesNotSleepOverAnAnswerToItsLook) {
  for_test::SetSleep([] {
    ADD_FAILURE() << "nobody would wake it";
    return false;
  });
  for (const int answer_at : {1, 2}) {
    for (const bool tells : {true, false}) {
      int looks = 0;
      const auto file = MakeRef<Watched>([&](sched::WaitQueue& queue) {
        if (++looks == answer_at) queue.WakeAll();
        return looks > answer_at || (looks == answer_at && tells);
      });
      syscall::PollEntry entries[1] = {{file.value(), kPOLLIN, 0}};
      const auto ready = syscall::WaitForAny(entries, sched::kForever);
      EXPECT_EQ(ready.ok() ? ready.value() : 0, 1u) << answer_at << tells;
    }
  }
}

TEST_F(WaitingTest, CountersCountAndBlock) {
  auto counter = MakeRef<EventCounter>(u64{3}, false).value();
  auto semaphore = MakeRef<EventCounter>(u64{2}, true).value();
  counter->set_status_flags(kO_RDWR | kO_NONBLOCK);
  semaphore->set_status_flags(kO_RDWR | kO_NONBLOCK);
  const auto take = [](File& file) {
    u64 value = 0;
    mm::IoBuffer to = mm::IoBuffer::Kernel(WritableBytesOf(value));
    return file.Read(to, File::kStream).ok() ? value : ~u64{0};
  };
  EXPECT_EQ(take(*counter), 3u);
  EXPECT_EQ(take(*counter), ~u64{0});
  EXPECT_EQ(take(*semaphore), 1u);
  EXPECT_EQ(take(*semaphore), 1u);
  EXPECT_EQ(take(*semaphore), ~u64{0});
  const u64 most = ~u64{0} - 1;
  EXPECT_TRUE(WriteTo(*counter, AsText(BytesOf(most))).ok());
  const u64 one = 1;
  EXPECT_EQ(WriteTo(*counter, AsText(BytesOf(one))).error(), Error::kWouldBlock);
}

class EventSetTest : public WaitingTest {
 protected:
  void SetUp() override {
    set_ = MakeRef<EventSet>().value();
    pipe_ = MakePipe(kO_NONBLOCK).value();
  }
  std::vector<u64> Ready(size_t most = 8) {
    std::vector<EventInterest> found(most);
    found.resize(set_->Collect(found));
    std::vector<u64> data;
    for (const EventInterest& one : found) data.push_back(one.data);
    return data;
  }
  Ref<EventSet> set_;
  PipeEnds pipe_;
};

TEST_F(EventSetTest, LevelStaysEdgeFiresOnce) {
  PipeEnds other = MakePipe(kO_NONBLOCK).value();
  set_->Add(3, *pipe_.read, {kEPOLLIN, 1}).value();
  set_->Add(4, *other.read, {kEPOLLIN | kEPOLLET, 2}).value();
  EXPECT_TRUE(Ready().empty());
  WriteTo(*pipe_.write, "a").value();
  WriteTo(*other.write, "a").value();
  EXPECT_EQ(Ready(), (std::vector<u64>{1, 2}));
  EXPECT_EQ(Ready(), (std::vector<u64>{1}));
  WriteTo(*other.write, "b").value();
  EXPECT_EQ(Ready(), (std::vector<u64>{1, 2}));
  ReadFrom(*pipe_.read, 10);
  EXPECT_TRUE(Ready().empty());
}

TEST_F(EventSetTest, OneShotIsSilentUntilChanged) {
  set_->Add(3, *pipe_.read, {kEPOLLIN | kEPOLLONESHOT, 1}).value();
  WriteTo(*pipe_.write, "a").value();
  EXPECT_EQ(Ready().size(), 1u);
  WriteTo(*pipe_.write, "b").value();
  EXPECT_TRUE(Ready().empty());
  set_->Change(3, *pipe_.read, {kEPOLLIN | kEPOLLONESHOT, 5}).value();
  EXPECT_EQ(Ready(), (std::vector<u64>{5}));
}

TEST_F(EventSetTest, AFileMayBecomeReadyWhileItIsLookedAt) {
  const auto file = MakeRef<Watched>([](sched::WaitQueue& queue) {
                      queue.WakeAll();
                      return true;
                    }).value();
  for (const u32 mode : {u32{0}, u32{kEPOLLET}, u32{kEPOLLONESHOT}}) {
    set_->Add(3, *file, {kEPOLLIN | mode, 1}).value();
    EXPECT_EQ(Ready().size(), 1u);
    EXPECT_EQ(Ready().size(), mode == kEPOLLONESHOT ? 0u : 1u);
    EXPECT_EQ(set_->AnyReady(), mode != kEPOLLONESHOT);
    set_->Remove(3, *file).value();
    EXPECT_FALSE(set_->AnyReady());
  }
}

TEST_F(EventSetTest, ALookAtOneFileMayMakeAnotherReady) {
  for_test::SetSleep([] {
    ADD_FAILURE() << "nobody would wake it";
    return false;
  });
  int looks = 0;
  const auto file = MakeRef<Watched>([&](sched::WaitQueue&) {
                      if (++looks == 3) WriteTo(*pipe_.write, "a").value();
                      return looks == 2;  // the second look is that of Add, which makes it ready
                    }).value();
  set_->Add(3, *file, {kEPOLLIN, 1}).value();
  set_->Add(4, *pipe_.read, {kEPOLLIN, 2}).value();
  const int fd = machine_.files().Install(set_, false).value();
  EventInterest found[2];
  EXPECT_EQ(machine_.Call(syscall::SysEpollPwait, {u64(fd), u64(found), 2, u64(-1), 0, 0}), 1);
}

TEST_F(EventSetTest, EntriesEndWithTheirFile) {
  set_->Add(3, *pipe_.read, {kEPOLLIN, 1}).value();
  WriteTo(*pipe_.write, "a").value();
  EXPECT_EQ(set_->size(), 1u);
  pipe_.read = nullptr;
  EXPECT_EQ(set_->size(), 0u);
  EXPECT_TRUE(Ready().empty());
  EXPECT_EQ(WriteTo(*pipe_.write, "b").error(), Error::kBrokenPipe);
}

TEST_F(EventSetTest, ReadyFilesTakeTurns) {
  std::vector<PipeEnds> pipes;
  for (u64 i = 0; i < 5; i++) {
    pipes.push_back(MakePipe(kO_NONBLOCK).value());
    set_->Add(int(i), *pipes.back().read, {kEPOLLIN, i}).value();
    WriteTo(*pipes.back().write, "x").value();
  }
  EXPECT_EQ(Ready(2), (std::vector<u64>{0, 1}));
  EXPECT_EQ(Ready(2), (std::vector<u64>{2, 3}));
  EXPECT_EQ(Ready(2), (std::vector<u64>{4, 0}));
}

TEST_F(EventSetTest, SetsNestButNotInCircles) {
  auto outer = MakeRef<EventSet>().value();
  outer->Add(9, *set_, {kEPOLLIN, 7}).value();
  EXPECT_EQ(set_->Add(8, *outer, {kEPOLLIN, 1}).error(), Error::kTooManyLinks);
  set_->Add(3, *pipe_.read, {kEPOLLIN, 1}).value();
  WriteTo(*pipe_.write, "a").value();
  EventInterest found[2];
  ASSERT_EQ(outer->Collect(found), 1u);
  EXPECT_EQ(found[0].data, 7u);
  EXPECT_EQ(set_->Add(3, *pipe_.read, {kEPOLLIN, 1}).error(), Error::kExists);
  EXPECT_EQ(set_->Remove(4, *pipe_.read).error(), Error::kNotFound);
}

}  // namespace
}  // namespace caponier::fs
