// What makes a thread's kernel stack unpredictable: its canary and its signing key, and where on it each call of the program begins.
#pragma once

#include "kernel/arch/machine.h"
#include "kernel/sched/thread.h"

namespace caponier::sched {

// Draws a thread's canary and key.
arch::ThreadSecrets DrawSecrets(Thread& thread);
// Whether the machine was seen to be a clone since they were drawn: then all its clones have the same.
inline bool SecretsAreOld(const Thread& thread) { return thread.secrets_epoch != g_cpu_front.secrets_epoch; }
// Other ones for the current thread; only where its stack has no canary (arch::AdoptSecrets).
void RenewSecrets(Thread& thread);

void DrawStackPlaces();
// The next entry's stack begins at one of 256 places, 16 bytes apart, so that what a call leaves there is not where the next one looks.
inline void MoveNextEntry() {
  if (g_cpu_front.stack_places_left == 0) [[unlikely]]
    DrawStackPlaces();
  arch::g_stack_offset = u64{g_cpu_front.stack_places[--g_cpu_front.stack_places_left]} * 16;
}

}  // namespace caponier::sched
