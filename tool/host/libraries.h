// The shared libraries a dynamic program needs, found as its own ld.so would find them in the machine, and added to its files.
//
// Search order for each DT_NEEDED name, [ld.so]: DT_RPATH of the object and of those that loaded it when the object has no
// DT_RUNPATH, LD_LIBRARY_PATH, DT_RUNPATH, the directories of ld.so.conf, the built-in directories. The machine has no
// ld.so.cache, so a library that only ld.so.conf leads to also gets a link in a built-in directory. A file of another
// architecture is passed over, as ld.so does.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tool/host/elf_file.h"
#include "tool/host/tree.h"
#include "tool/pack/file_set.h"

namespace caponier::tool {

class LibraryCollector {
 public:
  // `directory` is where the program starts: relative names of libraries and folders are meant from there.
  LibraryCollector(FileSet& files, std::vector<Tree> trees, Arch arch, std::string_view library_path,
                   std::string directory = "/");

  // The program's interpreter and libraries; `path` is where the program lies in the machine, free of links. A static program
  // needs none. Throws Failure(126) when the interpreter or a library is not found, cannot be read or is malformed.
  void AddProgram(const Tree& tree, const std::string& path, const ElfFacts& facts);
  // What a module needs that is loaded by name, or a program that this one may start in its place; what is damaged or not found is left out,
  // for neither may ever happen.
  void AddObject(const Tree& tree, const std::string& path);

  // The host files that make up the program besides itself, and the names that were not found.
  const std::vector<std::string>& host_paths() const { return host_paths_; }
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  struct Object {
    std::string path;  // in the machine
    ElfFacts facts;
    const Object* loader;
  };

  void AddNeeded(const Object& object);
  bool Find(const std::string& name, const Object& object, Object& found);
  bool Take(const std::string& name, Object& found);
  std::optional<ElfFacts> Look(const std::string& host_path);  // nothing when it is to be passed over
  [[noreturn]] void Refuse(const std::string& why) const;      // the program, for this reason
  std::vector<std::string> Expand(const std::vector<std::string>& directories, const Object& object) const;
  void ReadConfiguration(const Tree& tree, const std::string& path, int depth);
  bool IsMusl() const { return interpreter_.find("/ld-musl-") != std::string::npos; }

  FileSet& files_;
  std::vector<Tree> trees_;
  Arch arch_;
  std::string directory_;
  std::vector<std::string> library_path_, configured_, built_in_;
  std::string interpreter_;
  std::string program_;                             // on the host; empty while modules are added
  std::map<std::string, std::string> passed_over_;  // by name: files that were there and were no ELF files
  std::set<std::string, std::less<>> seen_;         // names already looked for
  std::vector<std::string> host_paths_, missing_;
};

}  // namespace caponier::tool
