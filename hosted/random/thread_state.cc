#include "hosted/random/thread_state.h"

#include <pthread.h>

#include <atomic>
#include <new>

#include "hosted/random/private_pages.h"
#include "lib/fortuna/shad256.h"

namespace caponier::hosted {
namespace {

pthread_key_t g_at_thread_end;
pthread_once_t g_once = PTHREAD_ONCE_INIT;
std::atomic<bool> g_has_key = false;

// A library that has this in it may be unloaded before its threads end, and what the key calls is gone then. Their buffers stay.
[[gnu::destructor]] void DeleteKey() {
  if (g_has_key.exchange(false)) pthread_key_delete(g_at_thread_end);
}

}  // namespace

void ThreadState::End(void* state) {
  UnmapPrivatePages(state, sizeof(ThreadState));
  mine_ = nullptr;  // another destructor of this thread may draw once more, and gets a new one
}

ThreadState* ThreadState::Make() {
  pthread_once(&g_once, [] { g_has_key = pthread_key_create(&g_at_thread_end, End) == 0; });
  if (!g_has_key) return nullptr;  // nobody would wipe it
  bool wiped;
  auto* state = static_cast<ThreadState*>(MapPrivatePages(sizeof(ThreadState), &wiped));  // zeros are its first state
  if (state == nullptr) return nullptr;
  if (pthread_setspecific(g_at_thread_end, state) != 0) {
    UnmapPrivatePages(state, sizeof(ThreadState));
    return nullptr;
  }
  mine_ = state;
  return state;
}

void ThreadState::Rekey(ProcessRoot& root) {
  crypto::Secret<crypto::kAesKeyBytes> fresh;
  crypto::Secret<crypto::kSha256Bytes> domain;
  fortuna::Shad256 hash;
  hash.Absorb(AsBytes("libcaponier-random thread 1"));
  hash.Finish(domain.writable());
  generation = root.TakeKey(fresh.writable());
  bytes.Rekey(domain.bytes(), fresh.bytes());
}

void ThreadState::PrepareWhatIsDue(ProcessRoot& root, size_t bytes_wanted) {
  if (root.MissedFork()) {
    root.Forget();
    *this = {};
  }
  if (generation != 0) {
    if (root.Copied()) root.Reseed();
    // The clock is worth a look once a buffer: a look costs as much as a small draw.
    if (until_time < bytes_wanted) {
      root.NoticeTime();
      until_time = random::Erasing::kReadyBytes;
    }
  }
  if (generation == 0 || generation != root.generation()) Rekey(root);
}

}  // namespace caponier::hosted
