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

void DrawStackOffsets(Thread& thread) {
  u64 word;
  kernel::random::SecretStream().Fill(WritableBytesOf(word));
  thread.stack_offsets = word >> 4 | u64{1} << 60;
}

}  // namespace caponier::sched

void caponier::kernel::random::OnClone() {
  sched::g_cpu_front.secrets_epoch++;
  sched::g_cpu_front.reschedule = true;
}
