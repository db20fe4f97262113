#include "hosted/heap/complain.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/format.h"

namespace caponier::hosted {

void Say(std::string_view text) {
  // If nobody can be told, ending is still right. write() could end the thread alone, if that is cancelled.
  (void)syscall(SYS_write, STDERR_FILENO, text.data(), text.size());
}
void Complain(std::string_view text) {
  InlineText<512> line;
  Format(line, "caponier-heap: {}\n", text);
  Say(line.text());
}
void StopWith(std::string_view text) {
  Complain(text);
  abort();
}
void RefuseWith(std::string_view text) {
  Complain(text);
  _exit(125);
}

}  // namespace caponier::hosted
