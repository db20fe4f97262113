#include "kernel/fs/record_locks.h"

#include <map>
#include <random>

#include "gtest/gtest.h"

namespace caponier::fs {
namespace {

using Kind = RecordLocks::Kind;
constexpr u64 kBytes = 24;

// The same by a table with an entry for each owner and byte.
class Model {
 public:
  bool Against(const RecordLocks::Lock& wanted) const {
    for (const auto& [owner, held] : held_) {
      if (owner == wanted.owner) continue;
      for (u64 at = wanted.first; at <= wanted.last; at++) {
        if (held[at] == 'w' || (held[at] == 'r' && wanted.kind == Kind::kWrite)) return true;
      }
    }
    return false;
  }
  void Set(RecordLocks::Owner owner, u64 first, u64 last, char what) {
    if (held_[owner].empty()) held_[owner] = std::string(kBytes, '-');
    for (u64 at = first; at <= last; at++) held_[owner][at] = what;
  }
  const std::string& Of(RecordLocks::Owner owner) {
    if (held_[owner].empty()) held_[owner] = std::string(kBytes, '-');
    return held_[owner];
  }

 private:
  std::map<RecordLocks::Owner, std::string> held_;
};

// An owner's bytes as its locks tell them, each of which must be as long as it can be.
std::string Told(const RecordLocks& locks, RecordLocks::Owner owner) {
  std::string told(kBytes, '-');
  for (u64 at = 0; at < kBytes; at++) {
    const RecordLocks::Lock* lock = locks.Held(owner, at, at);
    if (lock == nullptr) continue;
    EXPECT_TRUE(lock->first <= at && at <= lock->last);
    told[at] = lock->kind == Kind::kRead ? 'r' : 'w';
    if (lock->first != 0) {
      const RecordLocks::Lock* before = locks.Held(owner, lock->first - 1, lock->first - 1);
      EXPECT_TRUE(before == nullptr || before->kind != lock->kind) << "two locks that are one";
    }
  }
  return told;
}

TEST(RecordLocks, AreWhatATableOfBytesSays) {
  std::mt19937 random(1);
  const int first_owner = 0, second_owner = 0;
  const RecordLocks::Owner owners[] = {RecordLocks::kProcess, &first_owner, &second_owner};
  RecordLocks locks;
  Model model;
  for (int round = 0; round < 20000; round++) {
    const RecordLocks::Owner owner = owners[random() % 3];
    u64 first = random() % kBytes, last = random() % kBytes;
    if (first > last) std::swap(first, last);
    const u32 what = random() % 100;
    if (what == 0) {
      locks.ReleaseAll(owner);
      model.Set(owner, 0, kBytes - 1, '-');
    } else if (what < 50) {
      ASSERT_TRUE(locks.Release(owner, first, last).ok());
      model.Set(owner, first, last, '-');
    } else {
      const RecordLocks::Lock wanted{owner, first, last, what < 80 ? Kind::kRead : Kind::kWrite};
      ASSERT_EQ(locks.Against(wanted) != nullptr, model.Against(wanted));
      if (locks.Against(wanted) == nullptr) {
        ASSERT_TRUE(locks.Set(wanted).ok());
        model.Set(owner, first, last, wanted.kind == Kind::kRead ? 'r' : 'w');
      }
    }
    for (const RecordLocks::Owner each : owners) ASSERT_EQ(Told(locks, each), model.Of(each)) << "round " << round;
  }
}

TEST(RecordLocks, ReachTheLastByte) {
  RecordLocks locks;
  ASSERT_TRUE(locks.Set({RecordLocks::kProcess, 10, RecordLocks::kEnd, Kind::kWrite}).ok());
  ASSERT_TRUE(locks.Release(RecordLocks::kProcess, 20, RecordLocks::kEnd).ok());
  EXPECT_EQ(locks.Held(RecordLocks::kProcess, 0, RecordLocks::kEnd)->last, 19u);
  ASSERT_TRUE(locks.Release(RecordLocks::kProcess, 0, RecordLocks::kEnd).ok());
  EXPECT_TRUE(locks.empty());
}

}  // namespace
}  // namespace caponier::fs
