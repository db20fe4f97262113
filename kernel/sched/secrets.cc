#include "kernel/sched/secrets.h"

#include "kernel/random/random.h"
#include "lib/aslr/source.h"

namespace caponier::sched {

arch::ThreadSecrets DrawSecrets(Thread& thread) {
  ::caponier::random::Stream& stream = kernel::random::SecretStream();
  arch::ThreadSecrets secrets{.canary = aslr::MakeCanary(stream)};
  stream.Fill(WritableBytesOf(secrets.key));
  thread.secrets_epoch = g_cpu_front.secrets_epoch;
  return secrets;
}

[[gnu::no_stack_protector]] void RenewSecrets(Thread& thread) { arch::AdoptSecrets(DrawSecrets(thread)); }

void DrawStackPlaces() {
  kernel::random::SecretStream().Fill(WritableBytesOf(g_cpu_front.stack_places));
  g_cpu_front.stack_places_left = sizeof(g_cpu_front.stack_places);
}

}  // namespace caponier::sched

caponier::u64 caponier::arch::g_stack_offset;

void caponier::kernel::random::OnClone() {
  sched::g_cpu_front.secrets_epoch++;
  sched::g_cpu_front.stack_places_left = 0;
  sched::g_cpu_front.reschedule = true;
}
