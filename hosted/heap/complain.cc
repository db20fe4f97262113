#include "hosted/heap/complain.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/format.h"

namespace caponier::hosted {

void Complain(std::string_view text) {
  InlineText<512> line;
  Format(line, "caponier-heap: {}\n", text);
  // If nobody can be told, ending is still right.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.text().data(), line.text().size());
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
