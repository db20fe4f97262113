// One workload of `caponier bench heap` a run: `heap-work NAME`. In C and without a library but the C library's own, so that it can be built
// for another C library too. Each allocates as the programs named do, and writes what it allocates as they do; none knows which
// allocator it runs on.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local uint64_t t_state = 88172645463325252u;
static uint32_t Random(void) {
  t_state ^= t_state << 13;
  t_state ^= t_state >> 7;
  t_state ^= t_state << 17;
  return (uint32_t)(t_state >> 16);
}

static void* New(size_t bytes) {
  void* block = malloc(bytes);
  if (block == NULL) exit(3);
  return block;
}

// Mostly small, as programs' blocks are: the size halves in likelihood with each doubling, up to 4 KiB.
static size_t CommonSize(void) {
  const uint32_t random = Random();
  const int doublings = random == 0 ? 8 : __builtin_ctz(random | 256);
  return 8 + (Random() % 24 << doublings) % 4096;
}

// cfrac: numbers of a few words that live for one operation or two.
static void Numbers(void) {
  enum { kDepth = 16 };
  uint64_t* stack[kDepth];
  for (int i = 0; i < kDepth; i++) stack[i] = memset(New(32), i, 32);
  for (int i = 0; i < 6000000; i++) {
    const int a = Random() % kDepth;
    const size_t words = 1 + (Random() & 7);
    uint64_t* sum = New(words * 8);
    for (size_t j = 0; j < words; j++) sum[j] = stack[a][0] + j;
    free(stack[a]);
    stack[a] = memset(New(32), (int)sum[0], 32);
    free(sum);
  }
  for (int i = 0; i < kDepth; i++) free(stack[i]);
}

// espresso, perl, awk: ten thousand live blocks of all sizes, each written once, replaced at random.
static void Churn(void) {
  enum { kLive = 10000 };
  static char* live[kLive];
  for (int i = 0; i < 2500000; i++) {
    const int slot = (int)(Random() % kLive);
    free(live[slot]);
    const size_t bytes = CommonSize();
    live[slot] = memset(New(bytes), i, bytes);
  }
}

// A compiler: a tree of a million nodes grows, is walked, and goes at once.
struct Node {
  struct Node *left, *right;
  uint64_t key;
};
static struct Node* Grow(int depth) {
  struct Node* node = New(sizeof(struct Node) + (Random() & 3) * 16);
  node->key = Random();
  node->left = depth == 0 ? NULL : Grow(depth - 1);
  node->right = depth == 0 ? NULL : Grow(depth - 1);
  return node;
}
static uint64_t Fell(struct Node* node) {
  if (node == NULL) return 0;
  const uint64_t sum = node->key + Fell(node->left) + Fell(node->right);
  free(node);
  return sum;
}
static void Trees(void) {
  uint64_t sum = 0;
  for (int i = 0; i < 4; i++) sum += Fell(Grow(19));
  printf("%d\n", sum == 0);
}

// Strings and tables that grow: realloc by an eighth, calloc of pages.
static void Growth(void) {
  for (int i = 0; i < 6000; i++) {
    char* text = NULL;
    size_t bytes = 16;
    for (; bytes < 60000; bytes += bytes / 8 + 1) {
      text = realloc(text, bytes);
      text[bytes - 1] = 1;
    }
    free(text);
    for (int j = 0; j < 100; j++) {
      char* page = calloc(1, 64 + Random() % 4000);
      page[0] = 1;
      free(page);
    }
  }
}

// sh6bench: blocks come in rows and go in another order.
static void Rows(void) {
  enum { kRow = 5000 };
  static char* row[kRow];
  for (int round = 0; round < 300; round++) {
    const size_t bytes = 16 + (size_t)(round % 40) * 16;
    for (int i = 0; i < kRow; i++) *(row[i] = New(bytes + Random() % 16)) = 1;
    for (int i = 0; i < kRow; i += 2) free(row[i]);
    for (int i = kRow - 1; i > 0; i -= 2) free(row[i]);
  }
}

// malloc-large: buffers of megabytes, each page written.
static void Large(void) {
  enum { kLive = 12 };
  static char* live[kLive];
  for (int i = 0; i < 400; i++) {
    const int slot = (int)(Random() % kLive);
    free(live[slot]);
    const size_t bytes = 500000 + Random() % 4000000;
    live[slot] = New(bytes);
    for (size_t at = 0; at < bytes; at += 4096) live[slot][at] = 1;
  }
}

// alloc-test: one place in five has four fifths of the changes; each frees what is there or puts a block there. All of a block of up to
// a thousand bytes is written when it comes and read when it goes.
static void Turnover(void) {
  enum { kPlaces = 16384 };
  static struct {
    uint64_t* words;
    size_t count;
  } places[kPlaces];
  uint64_t sum = 0;
  for (int i = 0; i < 3000000; i++) {
    const size_t place = Random() % (1 + Random() % (1 + Random() % kPlaces));
    uint64_t* words = places[place].words;
    if (words != NULL) {
      for (size_t j = 0; j < places[place].count; j++) sum += words[j];
      free(words);
      places[place].words = NULL;
      continue;
    }
    const size_t count = 1 + Random() % (2u << __builtin_ctz(Random() | 64));
    words = places[place].words = New(count * 8);
    places[place].count = count;
    for (size_t j = 0; j < count; j++) words[j] = j;
  }
  printf("%d\n", sum == 0);
}

// glibc's bench-malloc-simple: batches of one size, half of a batch freed as it came and half the other way round. In the only thread,
// in another one, and in the first again.
static void* BatchesOfAll(void* unused) {
  enum { kMost = 1600 };
  static const size_t kSizes[] = {16, 32, 64, 400};
  static const int kCounts[] = {25, 100, 400, kMost};
  char** batch = New(kMost * sizeof(char*));
  for (int i = 0; i < 16; i++) {
    const size_t bytes = kSizes[i / 4];
    const int count = kCounts[i % 4];
    for (int round = 0; round < 160000 / count; round++) {
      for (int j = 0; j < count; j++) batch[j] = memset(New(bytes), j, bytes);
      for (int j = 0; j < count / 2; j++) free(batch[j]);
      for (int j = count; j > count / 2; j--) free(batch[j - 1]);
    }
  }
  free(batch);
  return unused;
}
static void Batches(void) {
  BatchesOfAll(NULL);
  pthread_t thread;
  if (pthread_create(&thread, NULL, BatchesOfAll, NULL) != 0) exit(3);
  pthread_join(thread, NULL);
  BatchesOfAll(NULL);
}

// larson: each thread replaces blocks in its own thousand, then another takes the thousand over.
enum { kThreads = 2, kOwn = 1000, kHandovers = 40 };
static char* g_owned[kThreads][kOwn];
static pthread_barrier_t g_round;
static void* Serve(void* first) {
  const uintptr_t self = (uintptr_t)first;
  t_state += self * 7919;
  for (uintptr_t round = 0; round < kHandovers; round++) {
    char** mine = g_owned[(self + round) % kThreads];
    for (int i = 0; i < 30000; i++) {
      const uint32_t slot = Random() % kOwn;
      free(mine[slot]);
      const size_t bytes = CommonSize();
      mine[slot] = New(bytes);
      memset(mine[slot], 1, bytes < 64 ? bytes : 64);
    }
    pthread_barrier_wait(&g_round);
  }
  return NULL;
}

// xmalloc: one thread allocates, the other frees.
enum { kBatch = 500, kBatches = 64, kTurns = 6000 };
static char** _Atomic g_queue[kBatches];
static void* Produce(void* unused) {
  for (int i = 0; i < kTurns; i++) {
    char** batch = New(kBatch * sizeof(char*));
    for (int j = 0; j < kBatch; j++) *(batch[j] = New(16 + Random() % 240)) = 1;
    while (g_queue[i % kBatches] != NULL) sched_yield();
    g_queue[i % kBatches] = batch;
  }
  return unused;
}
static void* Consume(void* unused) {
  for (int i = 0; i < kTurns; i++) {
    char** batch;
    while ((batch = g_queue[i % kBatches]) == NULL) sched_yield();
    g_queue[i % kBatches] = NULL;
    for (int j = 0; j < kBatch; j++) free(batch[j]);
    free(batch);
  }
  return unused;
}

// mstress: a block's words are its length less their place, so that what comes to a thread from another is told whole. One in a hundred is a
// hundred times as long, of those one in ten a thousand and one in a hundred ten thousand times.
static uint64_t* NewTold(int doublings) {
  uint64_t count = UINT64_C(1) << Random() % (unsigned)doublings;
  const uint32_t luck = Random() % 10000;
  count *= luck == 0 ? 10000 : luck < 10 ? 1000 : luck < 100 ? 100 : 1;
  uint64_t* words = New(count * 8);
  for (uint64_t i = 0; i < count; i++) words[i] = count - i;
  return words;
}
static void FreeTold(uint64_t* words) {
  const uint64_t count = words == NULL ? 0 : words[0];
  for (uint64_t i = 0; i < count; i++)
    if (words[i] != count - i) exit(4);
  free(words);
}
// Each thread allocates, keeps a third, frees two of three others at random, and gives one in four away for what lies on a table for both.
enum { kTable = 1000, kRounds = 60 };
static uint64_t* _Atomic g_table[kTable];
static void* Exchanging(void* first) {
  const uintptr_t self = (uintptr_t)first;
  t_state += self * 7919;
  for (int round = 0; round < kRounds; round++) {
    const size_t most = 6000 * (self + 1);
    uint64_t** kept = New(most / 2 * sizeof(uint64_t*));
    uint64_t** mine = New(most * sizeof(uint64_t*));
    size_t keeps = 0, count = 0;
    while (count < most || keeps < most / 2) {
      if (keeps == most / 2 || (count < most && Random() % 2 == 0)) {
        mine[count++] = NewTold(5);
      } else {
        kept[keeps++] = NewTold(7);
      }
      if (count > 0 && Random() % 3 != 0) {
        const size_t at = Random() % count;
        FreeTold(mine[at]);
        mine[at] = NULL;
      }
      if (count > 0 && Random() % 4 == 0) {
        const size_t at = Random() % count;
        mine[at] = atomic_exchange(&g_table[Random() % kTable], mine[at]);
      }
    }
    for (size_t i = 0; i < keeps; i++) FreeTold(kept[i]);
    for (size_t i = 0; i < count; i++) FreeTold(mine[i]);
    free(kept);
    free(mine);
    pthread_barrier_wait(&g_round);
    for (size_t i = self; i < kTable; i += kThreads)  // half of the table outlives the round
      if (round + 1 == kRounds || Random() % 2 == 0) FreeTold(atomic_exchange(&g_table[i], NULL));
  }
  return NULL;
}

// glibc's bench-malloc-thread: each thread replaces blocks at random in its own thousand. How likely a size is falls with its square, from
// 4 bytes to 32 KiB.
enum { kDrawn = 8000 };
static size_t g_drawn[kDrawn];
static void* Skew(void* first) {
  t_state += (uintptr_t)first * 7919;
  char** mine = calloc(1024, sizeof(char*));
  if (mine == NULL) exit(3);
  for (int i = 0; i < 6000000; i++) {
    const uint32_t slot = Random() % 1024;
    free(mine[slot]);
    *(mine[slot] = New(g_drawn[i % kDrawn])) = 1;
  }
  for (int i = 0; i < 1024; i++) free(mine[i]);
  free(mine);
  return NULL;
}
static void DrawSizes(void) {
  for (int i = 0; i < kDrawn; i++) {
    const double part = (double)Random() / 4294967296.0;
    g_drawn[i] = (size_t)(1 / (1 / 4.0 - part * (1 / 4.0 - 1 / 32768.0)));
  }
}

// cache-scratch: each thread frees the small blocks that it was handed, which lie between the other's, and writes to small blocks of its own for
// long. An allocator that gives it those places again has both write to the same lines of the cache.
enum { kHanded = 8 };
static char* g_handed[kHanded][kThreads];
static void* Scratch(void* first) {
  const uintptr_t self = (uintptr_t)first;
  for (int i = 0; i < kHanded; i++) free(g_handed[i][self]);
  pthread_barrier_wait(&g_round);
  for (int i = 0; i < 500; i++) {
    volatile char* own[kHanded];
    for (int j = 0; j < kHanded; j++) *(own[j] = New(8)) = 1;
    for (int j = 0; j < 100000; j++) ++*own[j % kHanded];
    for (int j = 0; j < kHanded; j++) free((char*)own[j]);
  }
  return NULL;
}

static void InThreads(uintptr_t count, void* (*one)(void*), void* (*other)(void*)) {
  pthread_t threads[kThreads];
  pthread_barrier_init(&g_round, NULL, (unsigned)count);
  for (uintptr_t i = 0; i < count; i++) {
    if (pthread_create(&threads[i], NULL, i == 0 ? one : other, (void*)i) != 0) exit(3);
  }
  for (uintptr_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
}
static void Servers(void) { InThreads(2, Serve, Serve); }
static void Handover(void) { InThreads(2, Produce, Consume); }
static void Exchange(void) { InThreads(2, Exchanging, Exchanging); }
static void Skewed(void) {
  DrawSizes();
  InThreads(2, Skew, Skew);
}
static void Neighbours(void) {
  for (int i = 0; i < kHanded; i++)
    for (int j = 0; j < kThreads; j++) *(g_handed[i][j] = New(8)) = 1;
  InThreads(2, Scratch, Scratch);
}

// What one of the two threads does, alone.
static void Server(void) { InThreads(1, Serve, NULL); }
static void SkewedAlone(void) {
  DrawSizes();
  InThreads(1, Skew, NULL);
}

static const struct {
  const char* name;
  void (*run)(void);
} kWork[] = {{"numbers", Numbers},       {"churn", Churn},       {"trees", Trees},
             {"growth", Growth},         {"rows", Rows},         {"large", Large},
             {"turnover", Turnover},     {"batches", Batches},   {"servers", Servers},
             {"handover", Handover},     {"exchange", Exchange}, {"skewed", Skewed},
             {"neighbours", Neighbours}, {"server", Server},     {"skewed-alone", SkewedAlone}};

int main(int argc, char** argv) {
  for (size_t i = 0; argc == 2 && i < sizeof(kWork) / sizeof(kWork[0]); i++) {
    if (strcmp(argv[1], kWork[i].name) != 0) continue;
    kWork[i].run();
    return 0;
  }
  return 2;
}
