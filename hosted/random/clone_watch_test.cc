#include "hosted/random/clone_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "caponier/random.h"
#include "hosted/random/process_for_test.h"
#include "hosted/random/process_root.h"

namespace caponier::hosted {
namespace {

// A device's page that the test can change, as the hypervisor does.
class PretendedClock {
 public:
  PretendedClock() : fd_(memfd_create("vmclock", MFD_CLOEXEC)) {
    EXPECT_EQ(ftruncate(fd_, kPageSize), 0);
    page_ = static_cast<VmClockPage*>(mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
    page_->magic = kVmClockMagic;
    page_->size = kPageSize;
    page_->version = 1;
    page_->flags = kVmClockHasGeneration;
  }
  ~PretendedClock() {
    munmap(page_, kPageSize);
    close(fd_);
  }
  VmClockPage& page() { return *page_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  void Shrink(off_t bytes) { EXPECT_EQ(ftruncate(fd_, bytes), 0); }

 private:
  int fd_;
  VmClockPage* page_;
};

TEST(CloneWatch, SeesEitherCounter) {
  PretendedClock clock;
  CloneWatch watch;
  watch.Open(clock.path().c_str());
  ASSERT_TRUE(watch.watching());
  const u64 first = watch.Now();
  EXPECT_EQ(watch.Now(), first);
  clock.page().generation++;
  const u64 second = watch.Now();
  EXPECT_NE(second, first);
  clock.page().disruption_marker++;
  EXPECT_NE(watch.Now(), second);
  EXPECT_NE(watch.Now(), first);
}

TEST(CloneWatch, ADeviceWithoutTheGenerationHasTheMarker) {
  PretendedClock clock;
  clock.page().flags = 0;
  CloneWatch watch;
  watch.Open(clock.path().c_str());
  ASSERT_TRUE(watch.watching());
  const u64 first = watch.Now();
  clock.page().generation++;
  EXPECT_EQ(watch.Now(), first) << "not a counter without the flag";
  clock.page().disruption_marker++;
  EXPECT_NE(watch.Now(), first);
}

TEST(CloneWatch, RefusesWhatIsNoClock) {
  const auto refuses = [](auto&& spoil) {
    PretendedClock clock;
    spoil(clock);
    CloneWatch watch;
    watch.Open(clock.path().c_str());
    return !watch.watching() && watch.Now() == 0;
  };
  EXPECT_TRUE(refuses([](PretendedClock& clock) { clock.page().magic++; }));
  EXPECT_TRUE(refuses([](PretendedClock& clock) { clock.page().version = 2; }));
  EXPECT_TRUE(refuses([](PretendedClock& clock) { clock.page().size = 103; }));
  EXPECT_TRUE(refuses([](PretendedClock& clock) { clock.Shrink(0); }));
  EXPECT_TRUE(refuses([](PretendedClock& clock) { clock.Shrink(111); }));
  EXPECT_FALSE(refuses([](PretendedClock&) {}));
  CloneWatch watch;
  watch.Open("/nonexistent");
  EXPECT_FALSE(watch.watching());
}

// A resumed copy's first draw is from a new generation, every time; between them nothing reseeds but the clock now and then.
TEST(CloneWatch, TheNextDrawAfterACopyIsFromANewKey) {
  PretendedClock clock;
  caponier_random_u64();
  ProcessRoot::WatchForTest(clock.path().c_str());
  caponier_random_u64();
  size_t reseeds_without = 0;
  for (int i = 0; i < 200; i++) {
    const u64 before = ProcessRoot::Get()->generation();
    caponier_random_u64();
    const u64 between = ProcessRoot::Get()->generation();
    if (between != before) reseeds_without++;
    clock.page().generation += 7;
    caponier_random_u64();
    ASSERT_NE(ProcessRoot::Get()->generation(), between);
  }
  EXPECT_LT(reseeds_without, 50u);
  ProcessRoot::WatchForTest("/nonexistent");
}

}  // namespace
}  // namespace caponier::hosted
