// One workload of `caponier bench heap` a run: `heap-work NAME`. In C and without a library but the C library's own, so that it can be built
// for another C library too. Each allocates as the programs named do, and writes what it allocates as they do; none knows which
// allocator it runs on.
#include <pthread.h>
#include <sched.h>
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
  for (int i = 0; i < 3000; i++) {
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

// What one of the two servers does, alone.
static void Server(void) { InThreads(1, Serve, NULL); }

static const struct {
  const char* name;
  void (*run)(void);
} kWork[] = {{"numbers", Numbers}, {"churn", Churn}, {"trees", Trees},     {"growth", Growth},
             {"rows", Rows},       {"large", Large}, {"servers", Servers}, {"handover", Handover}, {"server", Server}};

int main(int argc, char** argv) {
  for (size_t i = 0; argc == 2 && i < sizeof(kWork) / sizeof(kWork[0]); i++) {
    if (strcmp(argv[1], kWork[i].name) != 0) continue;
    kWork[i].run();
    return 0;
  }
  return 2;
}
