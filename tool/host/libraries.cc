#include "tool/host/libraries.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <memory>

#include "tool/failure.h"

namespace caponier::tool {
namespace {

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

std::vector<std::string> BuiltInDirectories(Arch arch) {
  const std::string multiarch(MultiarchOf(arch));
  std::vector<std::string> directories{"/lib/" + multiarch, "/usr/lib/" + multiarch, "/lib", "/usr/lib"};
  if (arch == Arch::kX86_64) directories.insert(directories.end(), {"/lib64", "/usr/lib64"});
  return directories;
}

// musl's loader is the C library, and takes each of these names for itself whatever follows the dot: Alpine's programs name libc.musl-x86_64.so.1.
bool IsMuslItself(std::string_view name) {
  constexpr std::string_view kNames[] = {"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."};
  return std::ranges::any_of(kNames, [name](std::string_view own) { return name.starts_with(own); });
}

}  // namespace

LibraryCollector::LibraryCollector(FileSet& files, std::vector<Tree> trees, Arch arch, std::string_view library_path,
                                   std::string directory)
    : files_(files),
      trees_(std::move(trees)),
      arch_(arch),
      directory_(std::move(directory)),
      library_path_(SplitDirectories(library_path)),
      built_in_(BuiltInDirectories(arch)) {
  for (const Tree& tree : trees_) ReadConfiguration(tree, "/etc/ld.so.conf", 0);
}

void LibraryCollector::ReadConfiguration(const Tree& tree, const std::string& path, int depth) {
  for (std::string line : tree.ReadLines(path)) {
    line.erase(std::min(line.find('#'), line.size()));
    const size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    line = line.substr(first, line.find_last_not_of(" \t") - first + 1);
    if (!line.starts_with("include ") && !line.starts_with("include\t")) {
      if (line.starts_with('/')) configured_.push_back(line);
      continue;
    }
    const size_t pattern_at = line.find_first_not_of(" \t", 8);
    if (depth >= 4 || pattern_at == std::string::npos) continue;
    std::string pattern = line.substr(pattern_at);
    if (!pattern.starts_with('/')) pattern = DirectoryOf(path) + "/" + pattern;
    glob_t matches{};
    if (glob(tree.HostPath(pattern).c_str(), 0, nullptr, &matches) == 0) {
      for (size_t i = 0; i < matches.gl_pathc; i++)
        ReadConfiguration(tree, std::string(matches.gl_pathv[i]).substr(tree.prefix().size()), depth + 1);
    }
    globfree(&matches);
  }
}

void LibraryCollector::AddProgram(const Tree& tree, const std::string& path, const ElfFacts& facts) {
  if (facts.interpreter.empty()) return;
  const Object program{path, facts, nullptr};
  program_ = tree.HostPath(path);
  interpreter_ = facts.interpreter;
  Object interpreter;
  // The kernel would take a relative one from wherever the program is started.
  if (!facts.interpreter.starts_with('/') || !Take(facts.interpreter, interpreter)) {
    const auto other = passed_over_.find(std::string(BaseName(facts.interpreter)));
    Refuse(other == passed_over_.end() ? fmt::format("its interpreter {} is not found", facts.interpreter)
                                       : fmt::format("its interpreter {} is not an ELF file", other->second));
  }
  if (IsMusl()) {
    // It reads its directories from a file of its own.
    built_in_ = {"/lib", "/usr/local/lib", "/usr/lib"};
    configured_.clear();
    for (const Tree& each : trees_) {
      const std::string list = fmt::format("/etc/ld-musl-{}.path", NameOf(arch_));
      for (const std::string& line : each.ReadLines(list)) {
        if (configured_.empty()) files_.Add(each, list);
        for (const std::string& directory : SplitDirectories(line)) library_path_.push_back(directory);
      }
    }
  } else {
    seen_.insert(std::string(BaseName(facts.interpreter)));
  }
  AddNeeded(program);
  if (!missing_.empty()) {
    const auto other = passed_over_.find(std::string(BaseName(missing_.front())));
    Refuse(other == passed_over_.end()
               ? fmt::format("the library {} is not found", missing_.front())
               : fmt::format("the library {} is not found, and {} is not an ELF file", missing_.front(), other->second));
  }
  // glibc loads this one by name when a thread is cancelled or ends itself.
  if (!IsMusl() && seen_.contains("libc.so.6")) {
    AddNeeded({path, {.arch = arch_, .interpreter = {}, .needed = {"libgcc_s.so.1"}, .rpath = {}, .runpath = {}}, nullptr});
    missing_.clear();
  }
}

void LibraryCollector::Refuse(const std::string& why) const {
  throw Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: {}", program_, why));
}

void LibraryCollector::AddObject(const Tree& tree, const std::string& path) try {
  const auto found = tree.Resolve(path);
  if (!found.has_value()) return;
  const MappedFile file(found->host_path);
  if (!LooksLikeElf(file.bytes())) return;
  const ElfFacts facts = ReadLibrary(file.bytes(), path);
  host_paths_.push_back(found->host_path);
  if (facts.arch == arch_) {
    Object interpreter;
    if (!facts.interpreter.empty()) Take(facts.interpreter, interpreter);
    AddNeeded({path, facts, nullptr});
  }
  missing_.clear();
} catch (const Failure&) {
  missing_.clear();
}

void LibraryCollector::AddNeeded(const Object& object) {
  for (const std::string& name : object.facts.needed) {
    if (!seen_.insert(name).second || (IsMusl() && IsMuslItself(name))) continue;
    Object found;
    if (!Find(name, object, found)) {
      missing_.push_back(name);
      continue;
    }
    found.loader = &object;
    AddNeeded(found);
  }
}

bool LibraryCollector::Find(const std::string& name, const Object& object, Object& found) {
  if (name.find('/') != std::string::npos) return Take(Expand({name}, object).front(), found);
  const auto in = [&](const std::vector<std::string>& directories) {
    return std::any_of(directories.begin(), directories.end(),
                       [&](const std::string& directory) { return Take(directory + "/" + name, found); });
  };
  if (object.facts.runpath.empty()) {
    for (const Object* at = &object; at != nullptr; at = at->loader) {
      if (at->facts.runpath.empty() && in(Expand(at->facts.rpath, *at))) return true;
    }
  }
  if (in(library_path_) || in(Expand(object.facts.runpath, object))) return true;
  for (const std::string& directory : configured_) {
    if (!Take(directory + "/" + name, found)) continue;
    if (std::find(built_in_.begin(), built_in_.end(), directory) == built_in_.end()) {
      for (const Tree& tree : trees_) {
        if (const std::string at = files_.Add(tree, built_in_.front()); !at.empty()) {
          files_.AddSymlink(at + "/" + name, found.path);
          return true;
        }
      }
      files_.AddSymlink(built_in_.front() + "/" + name, found.path);
    }
    return true;
  }
  return in(built_in_);
}

std::optional<ElfFacts> LibraryCollector::Look(const std::string& host_path) try {
  const MappedFile file(host_path);
  if (!LooksLikeElf(file.bytes())) passed_over_.try_emplace(std::string(BaseName(host_path)), host_path);
  if (!LooksLikeElf(file.bytes()) || IsForAnotherMachine(file.bytes(), arch_)) return std::nullopt;
  return ReadLibrary(file.bytes(), host_path);
} catch (const Failure& failure) {
  const std::string line = failure.what(), inner = ": cannot be executed: ";
  const size_t at = line.find(inner);
  Refuse(at == std::string::npos ? line : fmt::format("{}: {}", line.substr(0, at), line.substr(at + inner.size())));
}

bool LibraryCollector::Take(const std::string& name, Object& found) {
  const std::string path = name.starts_with('/') ? name : directory_ + "/" + name;
  for (const Tree& tree : trees_) {
    const auto host = tree.Resolve(path);
    if (!host.has_value() || !S_ISREG(host->status.st_mode)) continue;
    std::optional<ElfFacts> facts = Look(host->host_path);
    if (!facts.has_value()) continue;
    const std::string at = files_.Add(tree, path);
    if (at.empty()) continue;
    host_paths_.push_back(host->host_path);
    found = Object{path, *std::move(facts), nullptr};
    return true;
  }
  return false;
}

std::vector<std::string> LibraryCollector::Expand(const std::vector<std::string>& directories, const Object& object) const {
  std::vector<std::string> expanded;
  const std::string lib = fmt::format("lib/{}", MultiarchOf(arch_));
  for (std::string directory : directories) {
    for (const auto& [token, value] : {std::pair<std::string_view, std::string>{"ORIGIN", DirectoryOf(object.path)},
                                       std::pair<std::string_view, std::string>{"LIB", lib},
                                       std::pair<std::string_view, std::string>{"PLATFORM", std::string(NameOf(arch_))}}) {
      directory = ReplaceAll(directory, fmt::format("${{{}}}", token), value);
      directory = ReplaceAll(directory, fmt::format("${}", token), value);
    }
    expanded.push_back(directory);
  }
  return expanded;
}

}  // namespace caponier::tool
