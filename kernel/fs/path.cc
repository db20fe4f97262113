#include "kernel/fs/path.h"

namespace caponier::fs {
namespace {

std::string_view SkipSlashes(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return path;
}

}  // namespace

Result<void> Walk::Run(Ref<Directory> start, std::string_view path, const WalkOptions& options) {
  if (path.empty()) return Error::kNotFound;
  if (path.size() >= kPathMax) return Error::kNameTooLong;
  top_ = options.beneath || options.in_root ? start : context_.root;
  if (path.front() == '/' && options.beneath) return Error::kCrossDevice;
  here_ = path.front() == '/' ? top_ : start;
  rest_ = SkipSlashes(path);
  inode = here_;
  directory = here_->parent ? here_->parent : here_;
  entry = here_->entry_in_parent;
  kind = path.front() == '/' ? Kind::kRoot : Kind::kDot;
  trailing_slash = true;
  while (!rest_.empty()) {
    const size_t slash = rest_.find('/');
    const std::string_view name = rest_.substr(0, slash);
    const std::string_view rest = slash == std::string_view::npos ? std::string_view() : SkipSlashes(rest_.substr(slash));
    trailing_slash = slash != std::string_view::npos;
    const bool at_end = rest.empty();
    TRY(here_->Check(context_.credentials, static_cast<u32>(Permission::kExecute)));
    TRY(Step(name, at_end, options));
    if (inode && inode->type() == InodeType::kSymlink && (!at_end || FollowsLast(options))) {
      if (TRY(FollowLink(at_end, rest_.substr(name.size()), options))) continue;
    }
    if (at_end) return {};
    if (!inode) return Error::kNotFound;
    if (!inode->is_directory()) return Error::kNotDirectory;
    here_ = Ref<Directory>::Share(static_cast<Directory*>(inode.get()));
    rest_ = rest;
  }
  return {};
}

// Whether a symbolic link at the end of the path is followed.
bool Walk::FollowsLast(const WalkOptions& options) const {
  if (options.for_change) return false;
  return trailing_slash ? !options.for_creation : options.follow_last;
}

// Looks `name` up in the current directory.
Result<void> Walk::Step(std::string_view name, bool at_end, const WalkOptions& options) {
  last = name;
  if (name.size() > kNameMax) {
    if (!at_end || !options.for_change) return Error::kNameTooLong;
    kind = Kind::kName;
    directory = here_;
    inode = nullptr;
    return {};
  }
  if (name == ".") {
    kind = Kind::kDot;
    inode = here_;
    directory = here_->parent ? here_->parent : here_;
    entry = here_->entry_in_parent;
    return {};
  }
  if (name == "..") {
    kind = Kind::kDotDot;
    Ref<Directory> up = here_;
    if (here_ == top_) {
      if (options.beneath) return Error::kCrossDevice;
    } else if (here_->parent) {
      up = here_->parent;
    }
    if (options.no_crossing && &up->file_system() != &here_->file_system()) return Error::kCrossDevice;
    inode = up;
    directory = up->parent ? up->parent : up;
    entry = up->entry_in_parent;
    return {};
  }
  kind = Kind::kName;
  directory = here_;
  auto found = here_->Lookup(name);
  if (!found.ok()) {
    if (found.error() != Error::kNotFound) return found.error();
    inode = nullptr;
    entry = 0;
    return {};
  }
  inode = std::move(found.value().inode);
  entry = found.value().entry;
  if (options.no_crossing && &inode->file_system() != &here_->file_system()) return Error::kCrossDevice;
  return {};
}

// Puts the link's text before what is left (`rest` with its slashes), or jumps to a magic link's object. True: the walk goes on
// with rest_; false: `inode` is where the link led.
Result<bool> Walk::FollowLink(bool at_end, std::string_view rest, const WalkOptions& options) {
  if (options.no_links || ++links_ > kMaxLinks) return Error::kTooManyLinks;
  if (inode->is_magic_link()) {
    if (options.no_magic_links) return Error::kTooManyLinks;
    if (options.beneath || options.in_root) return Error::kCrossDevice;
    Location target = TRY(inode->Target());
    directory = std::move(target.directory);
    entry = target.entry;
    inode = std::move(target.inode);
    kind = Kind::kObject;
    if (!at_end && !inode->is_directory()) return Error::kNotDirectory;
    return false;
  }
  String target = TRY(inode->ReadLink());
  if (target.empty()) return Error::kNotFound;
  if (target.view().size() + rest.size() >= kPathMax) return Error::kNameTooLong;
  const bool absolute = target.view().front() == '/';
  if (absolute && options.beneath) return Error::kCrossDevice;
  TRY(target.Append(rest));
  text_ = std::move(target);  // `rest` may have lived in the old text; it was copied first
  if (absolute) here_ = top_;
  const std::string_view whole = text_.view();
  rest_ = SkipSlashes(whole);
  if (rest_.empty()) {  // a link to "/"
    inode = here_;
    directory = here_->parent ? here_->parent : here_;
    entry = here_->entry_in_parent;
    kind = Kind::kRoot;
    last = {};
  }
  return true;
}

Result<void> Walk::Existing() const {
  if (!inode) return Error::kNotFound;
  if (trailing_slash && !inode->is_directory()) return Error::kNotDirectory;
  return {};
}

Location Walk::location() const { return {directory, entry, inode}; }

Result<Location> Resolve(Context& context, Ref<Directory> start, std::string_view path, const WalkOptions& options) {
  Walk walk(context);
  TRY(walk.Run(std::move(start), path, options));
  TRY(walk.Existing());
  return walk.location();
}

namespace {

// Finds the name of an entry by its cookie, or else by its inode: a renamed thing keeps the latter.
class NameFinder final : public EntryVisitor {
 public:
  NameFinder(u64 cookie, u64 number) : cookie_(cookie), number_(number) {}
  bool Visit(std::string_view name, u64 number, InodeType, u64 cookie) override {
    if (number != number_) return true;
    if (!found_ || cookie == cookie_) {
      auto copy = String::From(name);
      if (!copy.ok()) return false;
      name_ = std::move(copy).value();
      found_ = true;
    }
    return cookie != cookie_;
  }
  bool found() const { return found_; }
  std::string_view name() const { return name_; }

 private:
  u64 cookie_, number_;
  bool found_ = false;
  String name_;
};

// Puts "/name" before `path`; false when `directory` has no such entry.
Result<bool> Prepend(String& path, Directory& directory, u64 entry, const Inode& inode) {
  NameFinder finder(entry, inode.number());
  TRY(directory.List(0, finder));
  if (!finder.found()) return false;
  String longer = TRY(String::From("/"));
  TRY(longer.Append(finder.name()));
  TRY(longer.Append(path));
  path = std::move(longer);
  return true;
}

}  // namespace

Result<String> PathOf(const Directory& root, const Directory& directory) {
  String path;
  bool deleted = directory.removed;
  const Directory* at = &directory;
  while (at != &root && at->parent) {
    if (!TRY(Prepend(path, *at->parent, at->entry_in_parent, *at))) deleted = true;
    at = at->parent.get();
  }
  if (path.empty()) path = TRY(String::From("/"));
  if (deleted) TRY(path.Append(" (deleted)"));
  return path;
}

Result<String> PathOf(const Directory& root, const Location& location) {
  if (location.inode->is_directory()) return PathOf(root, static_cast<const Directory&>(*location.inode));
  if (!location.directory) return Error::kNotFound;
  String tail;
  const bool there = TRY(Prepend(tail, *location.directory, location.entry, *location.inode));
  String path = TRY(PathOf(root, *location.directory));
  if (path.view() == "/") path = String();
  if (there) {
    TRY(path.Append(tail));
  } else {
    TRY(path.Append("/? (deleted)"));
  }
  return path;
}

}  // namespace caponier::fs
