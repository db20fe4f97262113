// Randomness for everybody else: this is the only header of the four layers below it that a consumer includes.
//
//   Root root;                                     // one a machine
//   Harvest(root, source, samples);                // lib/random/harvest.h: noise -> health tests -> conditioner -> root
//   const Seeded seeded = TRY(root.Proof());       // fails closed: no credited entropy, no proof, no stream
//   Stream stream = Stream::Open(root, seeded, "layout");
//   u64 page = stream.Uniform(pages);
//
// There is one quality. Nothing can be drawn without a Seeded, and only a root that holds 256 bits of credit from healthy sources gives
// one out. Should the last credited source later be found broken, the next draw stops the machine.
#pragma once

#include "lib/random/root.h"
#include "lib/random/stream.h"
