#include "hosted/heap/call_report.h"

#include <dlfcn.h>

#include "hosted/heap/complain.h"
#include "hosted/heap/loaded_modules.h"
#include "lib/base/format.h"

namespace caponier::hosted {
namespace {

void SayCall(size_t number, u64 address) {
  InlineText<400> line;
  LoadedModule module;
  if (FindModule(address - 1, &module)) Format(line, "  #{:<2} {}+{:#x}", number, module.name, address - module.bias);
  else Format(line, "  #{:<2} no module", number);
  // A call may be its function's last instruction.
  Dl_info symbol;
  if (dladdr(reinterpret_cast<void*>(address - 1), &symbol) != 0 && symbol.dli_sname != nullptr)
    Format(line, " ({}+{:#x})", symbol.dli_sname, address - reinterpret_cast<u64>(symbol.dli_saddr));
  Format(line, "\n");
  Say(line.text());
}

}  // namespace

void SayCalls(std::string_view what, u32 thread, std::span<const u64> calls) {
  InlineText<64> line;
  Format(line, "{} by thread {}{}", what, thread, calls.empty() ? "; there was no room to keep where" : ":");
  Complain(line.text());
  for (size_t i = 0; i < calls.size(); i++) SayCall(i, calls[i]);
}

void SayNoRecord() { Complain("of that block there is no record"); }

}  // namespace caponier::hosted
