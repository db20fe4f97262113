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

void AddPython(FileSet& files, const Tree& tree, std::string_view path, Arch) {
  const std::string version(BaseName(path));
  files.AddAll(tree, "/usr/lib/" + version, WantedForPython);
  files.Add(tree, "/usr/bin/python3");
  files.AddAll(tree, "/etc/" + version);
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

// The run time lies around the program: lib/jvm/NAME/bin/java.
void AddJava(FileSet& files, const Tree& tree, std::string_view path, Arch) {
  const std::string home = DirectoryOf(DirectoryOf(path));
  files.AddAll(tree, home + "/lib",
               [](const std::string& each) { return BaseName(each) != "src.zip" && BaseName(each) != "ct.sym"; });
  files.AddAll(tree, home + "/conf");
  std::string_view name = BaseName(home);
  if (const size_t arch = name.rfind('-'); arch != std::string_view::npos) name = name.substr(0, arch);
  files.AddAll(tree, "/etc/" + std::string(name));
}

// Whole directories and files, with @ for the architecture's own.
template <const auto& kPaths>
void AddPaths(FileSet& files, const Tree& tree, std::string_view, Arch arch) {
  for (const std::string_view each : kPaths) {
    std::string path(each);
    if (const size_t at = path.find('@'); at != std::string::npos) path.replace(at, 1, MultiarchOf(arch));
    files.AddAll(tree, path);
  }
}
constexpr std::string_view kRuby[] = {"/usr/lib/ruby", "/usr/lib/@/ruby", "/usr/share/rubygems-integration", "/var/lib/gems"};
constexpr std::string_view kTcl[] = {"/usr/share/tcltk"};
constexpr std::string_view kGuile[] = {"/usr/lib/@/guile", "/usr/share/guile"};
constexpr std::string_view kPhp[] = {"/etc/php", "/usr/lib/php", "/usr/share/zoneinfo"};
constexpr std::string_view kSwiProlog[] = {"/usr/lib/swi-prolog"};
constexpr std::string_view kMagic[] = {"/etc/magic", "/etc/magic.mime", "/usr/lib/file", "/usr/share/misc/magic.mgc",
                                       "/usr/share/misc/magic"};
constexpr std::string_view kConversions[] = {"/usr/lib/@/gconv"};
constexpr std::string_view kGhostscript[] = {"/usr/share/ghostscript", "/var/lib/ghostscript",
                                             "/usr/share/color/icc/ghostscript"};
constexpr std::string_view kGraphviz[] = {"/usr/lib/@/graphviz", "/etc/fonts"};
constexpr std::string_view kImageMagick[] = {"/usr/lib/@/ImageMagick-6.9.11", "/etc/ImageMagick-6"};
constexpr std::string_view kPandoc[] = {"/usr/share/pandoc"};

struct Known {
  std::string_view name;  // the program's own, which may go on with a version: with a digit, a dot or a dash
  void (*add)(FileSet&, const Tree&, std::string_view path, Arch);
};
constexpr Known kKnown[] = {{"python3", AddPython},
                            {"perl", AddPerl},
                            {"openssl", AddOpenssl},
                            {"java", AddJava},
                            {"ruby", AddPaths<kRuby>},
                            {"tclsh", AddPaths<kTcl>},
                            {"guile", AddPaths<kGuile>},
                            {"php", AddPaths<kPhp>},
                            {"swipl", AddPaths<kSwiProlog>},
                            {"file", AddPaths<kMagic>},
                            {"iconv", AddPaths<kConversions>},
                            {"gs", AddPaths<kGhostscript>},
                            {"libgvc", AddPaths<kGraphviz>},  // what Debian's dot and its like are links to
                            {"pandoc", AddPaths<kPandoc>},
                            {"convert", AddPaths<kImageMagick>},
                            {"identify", AddPaths<kImageMagick>},
                            {"mogrify", AddPaths<kImageMagick>},
                            {"montage", AddPaths<kImageMagick>},
                            {"composite", AddPaths<kImageMagick>}};

bool IsNamed(std::string_view name, std::string_view known) {
  if (!name.starts_with(known)) return false;
  const std::string_view version = name.substr(known.size());
  return version.empty() || std::string_view("0123456789.-").find(version.front()) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> AddProgramData(FileSet& files, const Tree& tree, std::string_view path, Arch arch) {
  const std::string_view name = BaseName(path);
  std::vector<std::string> shared_objects;
  for (const Known& known : kKnown) {
    if (!IsNamed(name, known.name)) continue;
    FileSet added;
    known.add(added, tree, path, arch);
    for (const auto& [entry_path, entry] : added.entries()) {
      if (S_ISREG(entry.mode) && BaseName(entry_path).find(".so") != std::string_view::npos)
        shared_objects.push_back("/" + entry_path);
    }
    files.Merge(added);
  }
  return shared_objects;
}

}  // namespace caponier::tool
