#include "kernel/sched/timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace caponier::sched {
namespace {

struct Named : Timer {
  int name = 0;
};

std::vector<int> Drain(TimerQueue& queue, u64 now) {
  std::vector<int> names;
  while (Timer* timer = queue.PopExpired(now)) names.push_back(static_cast<Named*>(timer)->name);
  return names;
}

TEST(TimerQueue, EmptyQueueHasNoDeadline) {
  TimerQueue queue;
  EXPECT_EQ(queue.next_deadline(), kForever);
  EXPECT_EQ(queue.PopExpired(~u64{0} - 1), nullptr);
}

TEST(TimerQueue, GivesDeadlinesInOrderAndNotTooEarly) {
  TimerQueue queue;
  std::array<Named, 4> timers;
  const u64 deadlines[] = {30, 10, 40, 20};
  for (int i = 0; i < 4; i++) {
    timers[i].name = i;
    queue.Add(timers[i], deadlines[i]);
  }
  EXPECT_EQ(queue.next_deadline(), 10u);
  EXPECT_EQ(Drain(queue, 9), std::vector<int>{});
  EXPECT_EQ(Drain(queue, 30), (std::vector<int>{1, 3, 0}));
  EXPECT_EQ(queue.next_deadline(), 40u);
}

TEST(TimerQueue, EqualDeadlinesKeepTheirOrder) {
  TimerQueue queue;
  std::array<Named, 50> timers;
  std::vector<int> expected;
  for (int i = 0; i < 50; i++) {
    timers[i].name = i;
    queue.Add(timers[i], 7);
    expected.push_back(i);
  }
  EXPECT_EQ(Drain(queue, 7), expected);
}

TEST(TimerQueue, AddingAgainMovesATimer) {
  TimerQueue queue;
  Named a, b;
  a.name = 1, b.name = 2;
  queue.Add(a, 10);
  queue.Add(b, 20);
  queue.Add(a, 30);
  EXPECT_EQ(queue.next_deadline(), 20u);
  EXPECT_EQ(Drain(queue, 100), (std::vector<int>{2, 1}));
}

TEST(TimerQueue, RemovedTimersDoNotComeBack) {
  TimerQueue queue;
  Named a;
  queue.Remove(a);  // never queued
  queue.Add(a, 10);
  queue.Remove(a);
  EXPECT_FALSE(a.queued());
  EXPECT_EQ(queue.next_deadline(), kForever);
}

// Against a sorted list, over many random histories.
TEST(TimerQueue, AgreesWithASortedListUnderRandomUse) {
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 200; round++) {
    TimerQueue queue;
    std::array<Named, 40> timers;
    struct Entry {
      u64 deadline;
      u64 order;
      int name;
      bool operator<(const Entry& other) const { return std::tie(deadline, order) < std::tie(other.deadline, other.order); }
    };
    std::vector<Entry> model;
    u64 order = 0, now = 0;
    for (int i = 0; i < 40; i++) timers[i].name = i;
    for (int step = 0; step < 300; step++) {
      const int name = static_cast<int>(random() % timers.size());
      const auto forget = [&] { std::erase_if(model, [=](const Entry& entry) { return entry.name == name; }); };
      switch (random() % 4) {
        case 0:
        case 1: {
          const u64 deadline = now + random() % 50;
          forget();
          model.push_back({deadline, order++, name});
          queue.Add(timers[name], deadline);
          break;
        }
        case 2:
          forget();
          queue.Remove(timers[name]);
          break;
        case 3: {
          now += random() % 10;
          std::sort(model.begin(), model.end());
          std::vector<int> expected;
          while (!model.empty() && model.front().deadline <= now) {
            expected.push_back(model.front().name);
            model.erase(model.begin());
          }
          ASSERT_EQ(Drain(queue, now), expected);
          break;
        }
      }
      ASSERT_EQ(queue.next_deadline(), model.empty() ? kForever : std::min_element(model.begin(), model.end())->deadline);
    }
  }
}

}  // namespace
}  // namespace caponier::sched
