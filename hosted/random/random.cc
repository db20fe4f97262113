// The library's four functions.
//
// A thread without memory for a buffer takes its bytes from the kernel.
//
// Two things can happen in the middle of a draw, both by a signal. A handler may draw itself: it finds the thread inside, keeps its hands
// off the half-changed buffer and takes its bytes from the kernel. And a handler may fork: then the child returns from the handler into
// the middle of a draw, over a buffer that is zeros now. So every draw looks at the end whether its buffer is still the one it
// started with, and starts over if not; what it had put out by then is overwritten.
#include "caponier/random.h"

#include <atomic>

#include "hosted/random/failure.h"
#include "hosted/random/kernel_random.h"
#include "hosted/random/thread_state.h"
#include "lib/random/uniform.h"

#define CAPONIER_PUBLIC extern "C" __attribute__((visibility("default")))

namespace caponier::hosted {
namespace {

// Not wiped at a fork: a child that returns into a draw is inside one.
constinit thread_local volatile int t_inside = 0;

void Fill(MutableBytes output) {
  if (t_inside != 0) return FillFromKernel(output);
  for (;;) {
    t_inside = 1;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    ThreadState* state = ThreadState::Mine();
    ProcessRoot* there = state != nullptr ? ProcessRoot::Get() : nullptr;
    if (there == nullptr) {
      t_inside = 0;
      return FillFromKernel(output);
    }
    ProcessRoot& root = *there;
    state->Prepare(root, output.size());
    const u64 generation = state->generation;
    state->bytes.Fill(output);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    t_inside = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // In a child the root is zeros, or has a generation that no parent had. (A reseed by another thread costs one more turn.)
    if (root.generation() == generation && !root.MissedFork()) return;
  }
}

u64 Next() {
  u64 word;
  Fill(WritableBytesOf(word));
  return word;
}

}  // namespace

bool InsideADrawForTest() { return t_inside != 0; }

}  // namespace caponier::hosted

using namespace caponier;

CAPONIER_PUBLIC void caponier_random_fill(void* buffer, size_t bytes) { hosted::Fill({static_cast<std::byte*>(buffer), bytes}); }
CAPONIER_PUBLIC uint64_t caponier_random_u64(void) { return hosted::Next(); }
CAPONIER_PUBLIC uint64_t caponier_random_uniform(uint64_t bound) {
  if (bound == 0) hosted::StopForEmptyRange();
  return random::UniformBelow(bound, hosted::Next);
}
CAPONIER_PUBLIC void caponier_random_reseed(void) {
  if (hosted::ProcessRoot* root = hosted::ProcessRoot::Get(); root != nullptr) root->Reseed();  // else nothing was drawn ahead
}
