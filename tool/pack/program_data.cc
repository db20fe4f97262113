#include "tool/pack/program_data.h"

#include <algorithm>
#include <span>

#include "tool/arch.h"

namespace caponier::tool {
namespace {

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Parts of a standard library that no running program imports, that build other programs, or that need a display: with them
// either language would be twice as large. `--with /usr/lib/python3.11/test` brings one back.
bool WantedForPython(const std::string& path) {
  constexpr std::string_view kLeftOut[] = {"test",    "tests",     "idlelib",       "tkinter",    "turtledemo",
                                           "lib2to3", "ensurepip", "dist-packages", "pydoc_data", "distutils"};
  const std::string_view name = BaseName(path);
  if (name.starts_with("config-3") || name.ends_with(".a") || name.find(".opt-") != std::string_view::npos) return false;
  return !IsOneOf(name, kLeftOut);
}

bool WantedForPerl(const std::string& path) {
  constexpr std::string_view kLeftOut[] = {"CORE",  "CPAN", "Collate", "Devel", "ExtUtils", "Pod", "Test",
                                           "Test2", "TAP",  "JP",      "KR",    "CN",       "TW",  "EBCDIC"};
  const std::string_view name = BaseName(path);
  if (name.ends_with(".pod") || name.ends_with(".ph") || name.ends_with(".h") || name.ends_with(".a")) return false;
  return !name.starts_with("cross-config-") && !name.starts_with("debian-config-") && !IsOneOf(name, kLeftOut);
}

void AddPython(FileSet& files, const Tree& tree, std::string_view version, Arch) {
  files.AddAll(tree, "/usr/lib/" + std::string(version), WantedForPython);
  files.Add(tree, "/usr/bin/python3");
  files.AddAll(tree, "/etc/" + std::string(version));
}

void AddPerl(FileSet& files, const Tree& tree, std::string_view, Arch arch) {
  const std::string multiarch(MultiarchOf(arch));
  for (const std::string& directory : {"/usr/lib/" + multiarch + "/perl-base", "/usr/lib/" + multiarch + "/perl",
                                       std::string("/usr/share/perl"), std::string("/etc/perl")}) {
    files.AddAll(tree, directory, WantedForPerl);
  }
}

void AddOpenssl(FileSet& files, const Tree& tree, std::string_view, Arch arch) {
  files.AddAll(tree, "/usr/lib/ssl",
               [](const std::string& path) { return BaseName(path) != "certs" && BaseName(path) != "private"; });
  files.Add(tree, "/usr/lib/ssl/openssl.cnf");
  files.AddAll(tree, "/usr/lib/" + std::string(MultiarchOf(arch)) + "/ossl-modules");
}

struct Known {
  std::string_view prefix;  // of the program's own name
  void (*add)(FileSet&, const Tree&, std::string_view name, Arch);
};
constexpr Known kKnown[] = {{"python3.", AddPython}, {"perl", AddPerl}, {"openssl", AddOpenssl}};

}  // namespace

std::vector<std::string> AddProgramData(FileSet& files, const Tree& tree, std::string_view path, Arch arch) {
  const std::string_view name = BaseName(path);
  std::vector<std::string> shared_objects;
  for (const Known& known : kKnown) {
    if (!name.starts_with(known.prefix)) continue;
    FileSet added;
    known.add(added, tree, name, arch);
    for (const auto& [entry_path, entry] : added.entries()) {
      if (S_ISREG(entry.mode) && BaseName(entry_path).find(".so") != std::string_view::npos)
        shared_objects.push_back("/" + entry_path);
    }
    files.Merge(added);
  }
  return shared_objects;
}

}  // namespace caponier::tool
