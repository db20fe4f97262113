// Opens a library that has libcaponier-random in it, has a thread draw, closes the library and lets the thread end: status 0. For install_test.sh.
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

static pthread_barrier_t g_turn;
static uint64_t (*g_draw)(void);

static void *DrawAndEnd(void *unused) {
  g_draw();
  pthread_barrier_wait(&g_turn);
  pthread_barrier_wait(&g_turn);  // the library is gone
  return unused;
}

int main(int count, char **words) {
  if (count != 2 || pthread_barrier_init(&g_turn, NULL, 2) != 0) return 2;
  for (int i = 0; i < 3; i++) {
    void *library = dlopen(words[1], RTLD_NOW);
    if (library == NULL) return 3;
    g_draw = (uint64_t(*)(void))dlsym(library, "caponier_random_u64");
    pthread_t thread;
    if (g_draw == NULL || pthread_create(&thread, NULL, DrawAndEnd, NULL) != 0) return 4;
    pthread_barrier_wait(&g_turn);
    g_draw();
    dlclose(library);
    pthread_barrier_wait(&g_turn);
    pthread_join(thread, NULL);
  }
  puts("unloaded");
  return 0;
}
