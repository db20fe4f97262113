// The image on a processor without tags.
#include "lib/arch/arm_tag_instructions.h"

namespace caponier::boot {

// Called by entry.S, before anything else of C++: all other files may have tag instructions. This one calls nothing.
extern "C" [[gnu::no_stack_protector]] void LeaveOutTags(u32* code, const u32* end) {
  for (; code < end; code++) {
    if (!arch::MayHaveTags(*code)) [[likely]]
      continue;
    *code = arch::WithoutTags(*code);
    asm volatile("dc cvau, %0" ::"r"(code) : "memory");
  }
  asm volatile("dsb ish; ic iallu; dsb ish; isb" ::: "memory");
}

}  // namespace caponier::boot
