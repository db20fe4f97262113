#include "kernel/mm/shared_pages.h"

#include "kernel/mm/frames.h"

namespace caponier::mm {
namespace {

class SharedPages final : public PageSource {
 public:
  ~SharedPages() override {
    for (const PhysAddr frame : pages_) {
      if (frame.value != 0) ReleaseFrame(frame);
    }
  }
  Result<PhysAddr> Page(u64 index, bool) override {
    if (index >= limit_) return Error::kOutOfRange;
    if (index >= pages_.size()) TRY(pages_.Resize(index + 1));
    if (pages_[index].value == 0) pages_[index] = TRY(AllocateZeroedProgramFrame(FrameKind::kFile, false));
    RetainFrame(pages_[index]);
    return pages_[index];
  }
  bool IsPresent(u64 index) const override { return index < pages_.size() && pages_[index].value != 0; }
  std::string_view mapped_name() const override { return "/dev/zero (deleted)"; }

  u64 limit_ = 0;  // pages

 private:
  Vector<PhysAddr> pages_;  // as far as touched; zero: not yet
};

}  // namespace

Result<Ref<PageSource>> MakeSharedPages(u64 bytes) {
  Ref<SharedPages> pages = TRY(MakeRef<SharedPages>());
  pages->limit_ = PagesFor(bytes);
  return Ref<PageSource>(std::move(pages));
}

}  // namespace caponier::mm
