// The kernel's randomness: the root that stage 1 seeded, and one named stream per purpose. Nothing here can be called before
// seeding, because stage 1 does not start the kernel without it.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/format.h"
#include "lib/base/result.h"
#include "lib/random/random.h"

namespace caponier::kernel::random {

// Adopts the root where the kernel finds it, and opens the streams.
void Init(::caponier::random::Root& root);
// Where the host keeps the VM generation ID, mapped: from here on each draw looks at it.
void WatchGeneration(const volatile u64* id);
// For the program: getrandom, /dev/random, /dev/urandom.
Result<void> Fill(MutableBytes bytes);
// Bytes a program wrote to /dev/random: mixed in, never credited.
void MixIn(Bytes bytes);
// Called whenever the machine was seen to be a clone, with the streams' keys new already (kernel/sched implements it).
void OnClone();
// Makes all keys anew from what the pools hold, and from fresh words of the processor where it has them.
void Reseed();
// What the launcher handed in: mixed in, never credited, and in all that is drawn from here on.
void MixInLauncherSeed(Bytes bytes);
// For the launcher to keep until the next run.
void FillSeedFile(MutableBytes bytes);
// A source that answered after boot (virtio-rng).
void AbsorbDevice(MutableBytes bytes);  // erased as they are read
// The machine has nothing else to do just now.
void UseIdleTime();
// Where kernel regions and the program's mappings go.
::caponier::random::Stream& LayoutStream();
// Stack canaries, AT_RANDOM, pointer-authentication keys.
::caponier::random::Stream& SecretStream();
// The report's "random" object: state and sources.
void Describe(TextSink& json);

}  // namespace caponier::kernel::random
