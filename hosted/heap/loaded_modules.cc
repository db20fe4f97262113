#include "hosted/heap/loaded_modules.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#if defined(DLFO_STRUCT_HAS_EH_DBASE)
#pragma weak _dl_find_object  // since glibc 2.35
#endif

namespace caponier::hosted {
namespace {

struct Search {
  u64 address;
  LoadedModule* module;
};

std::string_view NameOf(const char* path) {
  std::string_view name = path != nullptr ? path : "";
  if (name.empty() || name == "/proc/self/exe") {  // the program itself
    if (const auto* program = reinterpret_cast<const char*>(getauxval(AT_EXECFN)); program != nullptr) name = program;
  }
  name.remove_prefix(name.rfind('/') + 1);
  return name;
}

int LookInto(dl_phdr_info* info, size_t, void* data) {
  const auto& search = *static_cast<Search*>(data);
  LoadedModule found{.begin = ~u64{0}, .bias = info->dlpi_addr, .name = {}};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& segment = info->dlpi_phdr[i];
    const u64 begin = info->dlpi_addr + segment.p_vaddr, end = begin + segment.p_memsz;
    if (segment.p_type == PT_GNU_EH_FRAME) found.unwind_header = begin;
    if (segment.p_type != PT_LOAD) continue;
    if (begin < found.begin) found.begin = begin;
    if (end > found.end) found.end = end;
  }
  if (search.address < found.begin || search.address >= found.end) return 0;
  found.name = NameOf(info->dlpi_name);
  *search.module = found;
  return 1;
}

}  // namespace

bool FindModule(u64 address, LoadedModule* module) {
#if defined(DLFO_STRUCT_HAS_EH_DBASE)
  if (_dl_find_object != nullptr) {
    dl_find_object found;
    if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) return false;
    *module = {.begin = reinterpret_cast<u64>(found.dlfo_map_start),
               .end = reinterpret_cast<u64>(found.dlfo_map_end),
               .bias = found.dlfo_link_map->l_addr,
               .unwind_header = reinterpret_cast<u64>(found.dlfo_eh_frame),
               .name = NameOf(found.dlfo_link_map->l_name)};
    // Of a static program glibc knows the code only, and its tables may stand before that.
    if (module->unwind_header != 0 && module->unwind_header < module->begin) module->begin = module->unwind_header;
    return true;
  }
#endif
  Search search{address, module};
  return dl_iterate_phdr(LookInto, &search) != 0;
}

}  // namespace caponier::hosted
