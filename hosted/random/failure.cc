#include "hosted/random/failure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/format.h"

namespace caponier::hosted {
namespace {

[[noreturn]] void Stop(std::string_view line) {
  // If nobody can be told, ending is still right. write() could end the thread alone, if that is cancelled.
  (void)syscall(SYS_write, STDERR_FILENO, line.data(), line.size());
  abort();
}

}  // namespace

void StopForLackOf(const char* what, int error) {
  InlineText<160> line;
  Format(line, "caponier-random: {} failed ({}); no randomness, so this process ends\n", std::string_view(what, strlen(what)),
         error);
  Stop(line.text());
}
void StopForEmptyRange() { Stop("caponier-random: uniform(0): there is no number below zero\n"); }

}  // namespace caponier::hosted
