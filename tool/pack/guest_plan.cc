#include "tool/pack/guest_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "tool/failure.h"
#include "tool/host/elf_file.h"
#include "tool/host/libraries.h"
#include "tool/host/program_search.h"
#include "tool/host/script.h"
#include "tool/pack/environment.h"
#include "tool/pack/program_data.h"

namespace caponier::tool {
namespace {

constexpr int kMaxScriptDepth = 4;  // [linux-exec] "Interpreter scripts"

// A program and the tree in which its absolute path and its libraries' are meant.
struct Located {
  Tree tree;
  std::string path;  // in the tree, links kept
};

// What `option`'s value `path` leads to, in `tree`; a relative one starts at `directory`.
Tree::Found Existing(std::string_view option, const std::string& path, const Tree& tree, const std::string& directory) {
  int error = 0;
  const auto found = tree.Resolve(path.starts_with('/') ? path : directory + "/" + path, &error);
  if (!found.has_value()) throw Failure(fmt::format("{} {}: {}", option, path, error == ENOENT ? "not found" : WordsFor(error)));
  return *found;
}

Tree ExistingDirectory(std::string_view option, const std::string& path, const Surroundings& here) {
  const Tree::Found found = Existing(option, path, Tree(), here.directory);
  if (!S_ISDIR(found.status.st_mode)) throw Failure(fmt::format("{} {}: not a directory", option, path));
  return Tree(found.path);
}

bool IsKernelPath(std::string_view path) {
  const auto parts = SplitPath(path);
  return !parts.empty() && (parts[0] == "dev" || parts[0] == "proc" || parts[0] == "sys");
}

// What programs expect of any system. An existing file stays.
constexpr std::pair<std::string_view, u32> kUsualDirectories[] = {{"/dev", 0755},      {"/proc", 0755}, {"/sys", 0755},
                                                                  {"/run", 0755},      {"/etc", 0755},  {"/tmp", 01777},
                                                                  {"/var/tmp", 01777}, {"/root", 0700}};

void AddUsualFiles(FileSet& files, const RunOptions& options) {
  for (const auto& [directory, mode] : kUsualDirectories) files.AddDirectory(directory, mode);
  if (options.root.has_value()) return;
  for (const char* file : {"/etc/passwd", "/etc/group", "/etc/localtime"}) files.Add(Tree(), file);
  files.AddText("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  files.AddText("/etc/group", "root:x:0:\n");
  files.AddText("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
  files.AddText("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 caponier\n");
  files.AddText("/etc/hostname", "caponier\n");
}

class Planner {
 public:
  Planner(const RunOptions& options, const Surroundings& here) : options_(options), here_(here) {}

  GuestPlan Plan() {
    if (options_.root.has_value()) {
      PlanRoot();
    } else {
      PlanFromHost();
    }
    FinishBarePlan(plan_, options_, here_);
    return std::move(plan_);
  }

 private:
  const std::string& program() const { return options_.program.front(); }

  // --root: everything is in there, and the program too.
  void PlanRoot() {
    const Tree root = ExistingDirectory("--root", *options_.root, here_);
    if (options_.workdir.has_value()) CheckWorkdir(root, "/");
    plan_.workdir = JoinPath(SplitPath(options_.workdir.value_or("/")));
    const std::string path =
        FindProgram(root, program(), LookUp(options_.environment, "PATH").value_or(std::string(kDefaultPath)), plan_.workdir);
    plan_.arguments = options_.program;
    const ElfFacts facts = FollowScripts({root, path}).second;
    plan_.interpreter = facts.interpreter;
    plan_.objects = {Again(exe_).host_path};
    if (const auto interpreter = root.Resolve(facts.interpreter); !facts.interpreter.empty() && interpreter.has_value()) {
      plan_.objects.push_back(interpreter->host_path);
    } else if (!facts.interpreter.empty()) {
      throw Failure(kStatusNotExecutable,
                    fmt::format("{}: cannot be executed: its interpreter {} is not in --root", program(), facts.interpreter));
    }
    plan_.files.AddWholeTree(root);
    plan_.exe = Again(exe_).path;
  }

  void PlanFromHost() {
    plan_.arguments = options_.program;
    PlanWorkdir();
    const auto [located, facts] = FollowScripts(Locate(program()));
    const std::vector<Tree> trees = LibraryTrees(located.tree);
    plan_.exe = plan_.files.Add(located.tree, located.path);
    LibraryCollector libraries(plan_.files, trees, plan_.arch, LookUp(options_.environment, "LD_LIBRARY_PATH").value_or(""),
                               plan_.workdir);
    libraries.AddProgram(located.tree, plan_.exe, facts);
    plan_.interpreter = facts.interpreter;
    plan_.objects = {Again(located).host_path};
    plan_.objects.insert(plan_.objects.end(), libraries.host_paths().begin(), libraries.host_paths().end());
    for (const std::string& object : AddProgramData(plan_.files, located.tree, plan_.exe, plan_.arch))
      libraries.AddObject(located.tree, object);
    AddNamedFiles();
    for (const std::string& word : options_.with) AddWith(word, libraries);
  }

  // What was found a moment ago may be gone.
  Tree::Found Again(const Located& located) const {
    const auto found = located.tree.Resolve(located.path);
    if (!found.has_value()) throw Failure(kStatusNotFound, fmt::format("{}: not found", program()));
    return *found;
  }

  // Where `word` is found: by path on the host, else by name in a sysroot when one is meant, else on the host's PATH.
  Located Locate(const std::string& word) {
    const std::string host_path = here_.Variable("PATH").value_or(std::string(kDefaultPath));
    if (word.find('/') == std::string::npos) {
      if (const auto sysroot = NamedSysroot(options_.arch.value_or(kHostArch))) {
        return {*sysroot, FindProgram(*sysroot, word, kDefaultPath, "/")};
      }
      return {Tree(), FindProgram(Tree(), word, host_path, here_.directory)};
    }
    return InItsTree(FindProgram(Tree(), word, host_path, here_.directory));
  }

  // A program by path that lies in a folder with its own /: --sysroot, or the folder in which its interpreter's path leads to a
  // file, as /x/sysroot for /x/sysroot/usr/bin/python3. Only programs of another architecture are looked at for the latter.
  Located InItsTree(const std::string& path) {
    const Tree::Found found = Again({Tree(), path});
    if (const auto sysroot = NamedSysroot(kHostArch); sysroot.has_value() && found.path.starts_with(sysroot->prefix() + "/")) {
      return {*sysroot, found.path.substr(sysroot->prefix().size())};
    }
    const MappedFile file(found.host_path);
    if (!LooksLikeElf(file.bytes())) return {Tree(), path};
    const ElfFacts facts = ReadProgram(file.bytes(), program(), PagesAllowed());
    if (facts.arch == kHostArch || facts.interpreter.empty()) return {Tree(), path};
    for (std::string folder = DirectoryOf(found.path); folder != "/"; folder = DirectoryOf(folder)) {
      if (Tree(folder).Resolve(facts.interpreter).has_value()) return {Tree(folder), found.path.substr(folder.size())};
    }
    return {Tree(), path};
  }

  // Only one --wx level lets a page be writable and executable at once.
  elf::WritableExecutable PagesAllowed() const {
    return options_.wx == "off" ? elf::WritableExecutable::kAllow : elf::WritableExecutable::kRefuse;
  }

  std::optional<Tree> NamedSysroot(Arch arch) const {
    if (options_.sysroot.has_value()) return ExistingDirectory("--sysroot", *options_.sysroot, here_);
    if (arch != Arch::kAarch64) return std::nullopt;
    const auto variable = here_.Variable("CAPONIER_SYSROOT_AARCH64");
    if (!variable.has_value() || variable->empty()) return std::nullopt;
    return ExistingDirectory("CAPONIER_SYSROOT_AARCH64", *variable, here_);
  }

  // In the order in which libraries are looked for.
  std::vector<Tree> LibraryTrees(const Tree& of_program) const {
    std::vector<Tree> trees;
    const auto add = [&](const Tree& tree) {
      if (std::find(trees.begin(), trees.end(), tree) == trees.end()) trees.push_back(tree);
    };
    if (const auto sysroot = NamedSysroot(plan_.arch)) add(*sysroot);
    add(of_program);
    add(Tree());
    if (plan_.arch != kHostArch) add(Tree(fmt::format("/usr/{}", MultiarchOf(plan_.arch))));
    return trees;
  }

  // From a script to the interpreter at the end of its "#!" lines; puts what each line adds before the arguments.
  std::pair<Located, ElfFacts> FollowScripts(Located located) {
    for (int depth = 0;; depth++) {
      const MappedFile file(Again(located).host_path);
      if (LooksLikeElf(file.bytes())) {
        exe_ = located;
        return {located, Accept(ReadProgram(file.bytes(), program(), PagesAllowed()))};
      }
      if (file.bytes().empty())
        throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: it is empty", program()));
      const auto line = ParseScriptLine(AsText(file.bytes().first(std::min(file.bytes().size(), kScriptLineBytes))));
      if (!line.has_value())
        throw Failure(
            kStatusNotExecutable,
            fmt::format("{}: cannot be executed: it is neither an ELF program nor a script with an interpreter", program()));
      if (depth == kMaxScriptDepth)
        throw Failure(kStatusNotExecutable,
                      fmt::format("{}: cannot be executed: its interpreters are scripts of scripts", program()));
      if (!options_.root.has_value()) plan_.files.Add(located.tree, located.path);
      // As it was called, when that leads there in the machine too.
      const bool as_called =
          depth == 0 && program().find('/') != std::string::npos && located.path == plan_.workdir + "/" + program();
      plan_.arguments.front() = as_called ? program() : located.path;
      plan_.arguments.insert(plan_.arguments.begin(), line->arguments.begin(), line->arguments.end());
      plan_.arguments.insert(plan_.arguments.begin(), line->interpreter);
      try {
        located.path = FindProgram(located.tree, line->interpreter, kDefaultPath, plan_.workdir);
      } catch (const Failure& failure) {
        throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: interpreter {}", program(), failure.what()));
      }
    }
  }

  ElfFacts Accept(ElfFacts facts) {
    if (options_.arch.has_value() && *options_.arch != facts.arch) {
      throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: it is a program for {}, not {}", program(),
                                                      NameOf(facts.arch), NameOf(*options_.arch)));
    }
    plan_.arch = facts.arch;
    plan_.moves_itself = facts.moves_itself;
    return facts;
  }

  // The directory must be there, or else be one that every machine has.
  void CheckWorkdir(const Tree& tree, const std::string& directory) {
    const std::string& wanted = *options_.workdir;
    const std::string path = JoinPath(SplitPath(wanted.starts_with('/') ? wanted : directory + "/" + wanted));
    if (IsKernelPath(path) || std::ranges::any_of(kUsualDirectories, [&](const auto& each) { return each.first == path; }))
      return;
    const Tree::Found found = Existing("--workdir", wanted, tree, directory);
    if (!S_ISDIR(found.status.st_mode)) throw Failure(fmt::format("--workdir {}: not a directory", wanted));
  }

  void PlanWorkdir() {
    if (options_.workdir.has_value()) {
      const std::string& wanted = *options_.workdir;
      CheckWorkdir(Tree(), here_.directory);
      plan_.workdir = JoinPath(SplitPath(wanted.starts_with('/') ? wanted : here_.directory + "/" + wanted));
    } else {
      plan_.workdir = IsKernelPath(here_.directory) ? "/" : here_.directory;
    }
    const std::string at = plan_.files.Add(Tree(), plan_.workdir);
    if (at.empty()) plan_.files.AddDirectory(plan_.workdir);
  }

  // Arguments that name files of the caller come along: copied in, so that what the program writes stays in the machine. A
  // directory comes with its contents when it lies below the caller's own directory; others are the machine's own.
  void AddNamedFiles() {
    for (size_t i = 1; i < options_.program.size(); i++) {
      AddNamedFile(options_.program[i]);
      // if=FILE, --config=FILE
      if (const size_t equals = options_.program[i].find('='); equals != std::string::npos)
        AddNamedFile(options_.program[i].substr(equals + 1));
    }
  }

  // Shared objects and programs among the files, whatever they are called, bring their libraries.
  void AddWith(const std::string& word, LibraryCollector& libraries) {
    const Tree::Found found = Existing("--with", word, Tree(), here_.directory);
    if (IsKernelPath(found.path)) throw Failure(fmt::format("--with {}: the machine makes its own /dev, /proc and /sys", word));
    if (!S_ISREG(found.status.st_mode) && !S_ISDIR(found.status.st_mode))
      throw Failure(fmt::format("--with {}: neither a regular file nor a directory", word));
    const std::string at = plan_.files.AddAll(Tree(), word.starts_with('/') ? word : here_.directory + "/" + word,
                                              [](const std::string& path) { return !IsKernelPath(path); });
    std::vector<std::string> objects;
    for (const auto& [name, entry] : plan_.files.entries()) {
      const std::string path = "/" + name;
      if ((path == at || path.starts_with(at + "/")) && S_ISREG(entry.mode)) objects.push_back(path);
    }
    for (const std::string& object : objects) libraries.AddObject(Tree(), object);
  }

  void AddNamedFile(const std::string& word) {
    if (word.empty() || word.starts_with('-')) return;
    const std::string path = word.starts_with('/') ? word : here_.directory + "/" + word;
    const auto found = Tree().Resolve(path);
    if (!found.has_value() || IsKernelPath(path)) return;
    const std::string inside = here_.directory == "/" ? "/" : here_.directory + "/";
    if (S_ISREG(found->status.st_mode)) {
      plan_.files.Add(Tree(), path);
    } else if (S_ISDIR(found->status.st_mode) && here_.directory != "/" && (found->path + "/").starts_with(inside)) {
      plan_.files.AddAll(Tree(), path);
    }
  }

  const RunOptions& options_;
  const Surroundings& here_;
  GuestPlan plan_;
  Located exe_;
};

}  // namespace

void FinishBarePlan(GuestPlan& plan, const RunOptions& options, const Surroundings& here) {
  AddUsualFiles(plan.files, options);
  plan.environment = GuestEnvironment(options, here, plan);
  if (!options.root.has_value() && UsesUtf8Locale(plan.environment)) plan.files.AddAll(Tree(), "/usr/lib/locale/C.utf8");
}

GuestPlan PlanGuest(const RunOptions& options, const Surroundings& here) { return Planner(options, here).Plan(); }

}  // namespace caponier::tool
