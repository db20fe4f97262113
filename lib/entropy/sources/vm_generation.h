// The VM generation ID [vmgenid]: 16 bytes in a page of the guest's that the host changes whenever it starts the machine from a
// snapshot or a copy. It is no secret and credited nothing; it tells one clone from another, and every generator that
// sees it change takes it in and starts anew.
#pragma once

#include <array>

#include "lib/entropy/source.h"

namespace caponier::entropy {

inline constexpr SourceProfile kVmGenerationProfile{.id = SourceId::kVmGeneration,
                                                    .name = "vm-generation",
                                                    .trust = TrustClass::kNobody,
                                                    .sample_bytes = 16,
                                                    .credit = {0},
                                                    .condition = false};

class VmGeneration {
 public:
  using Id = std::array<u64, 2>;

  constexpr VmGeneration() = default;  // a machine without one: never changes
  // `page` is where the host keeps it, 8-byte aligned.
  explicit VmGeneration(const volatile u64* page) : page_(page) { Take(); }

  bool present() const { return page_ != nullptr; }
  bool Changed() const { return page_ != nullptr && (page_[0] != seen_[0] || page_[1] != seen_[1]); }
  // What it is now, which from here on counts as seen.
  Id Take() {
    if (page_ != nullptr) seen_ = {page_[0], page_[1]};
    return seen_;
  }

 private:
  const volatile u64* page_ = nullptr;
  Id seen_{};
};

// Calls draw() so that nothing it gave comes from before a restore: when the ID has changed, before or meanwhile, renew() is called
// and what was drawn is drawn again over it. What was drawn and handed on before a snapshot is the same in every clone, and nobody can help it.
template <typename Renew, typename Draw>
void DrawInOneGeneration(VmGeneration& generation, Renew renew, Draw draw) {
  do {
    while (generation.Changed()) renew(generation.Take());
    draw();
    // The draw's stores come before this look.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
  } while (generation.Changed());
}

}  // namespace caponier::entropy
