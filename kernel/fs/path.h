// From a path to what it names.
#pragma once

#include <string_view>

#include "kernel/fs/context.h"
#include "kernel/fs/inode.h"

namespace caponier::fs {

struct WalkOptions {
  bool follow_last = true;    // a symbolic link at the end is followed; one before a trailing slash always is
  bool for_change = false;    // towards making, removing or renaming: never follows the last link, and leaves its length to Last
  bool for_creation = false;  // towards open(O_CREAT): a link before a trailing slash is not followed, there is nothing to create
  bool no_links = false;      // openat2: RESOLVE_NO_SYMLINKS
  bool no_magic_links = false;  // RESOLVE_NO_MAGICLINKS
  bool beneath = false;         // RESOLVE_BENEATH: leaving the start is refused
  bool in_root = false;         // RESOLVE_IN_ROOT: the start is "/" and its own ".."
  bool no_crossing = false;     // RESOLVE_NO_XDEV
};

// One walk. Afterwards `directory` is where the last component was looked up and `inode` what it is, null when it is not there;
// `last` is its name, and `kind` says when that is no name.
class Walk {
 public:
  enum class Kind : u8 { kName, kDot, kDotDot, kRoot, kObject };  // kObject: reached through a magic link

  explicit Walk(Context& context) : context_(context) {}
  // kNotFound when a component before the last is missing. An empty path is kNotFound.
  Result<void> Run(Ref<Directory> start, std::string_view path, const WalkOptions& options = {});
  // kNotFound when the last component is missing, kNotDirectory when a slash follows something else.
  Result<void> Existing() const;
  Location location() const;
  // For changes: kNameTooLong when the last component is.
  Result<void> Last() const { return last.size() > kNameMax ? Result<void>(Error::kNameTooLong) : Result<void>(); }

  Ref<Directory> directory;
  Ref<Inode> inode;
  u64 entry = 0;
  std::string_view last;  // valid while the Walk and the path live
  Kind kind = Kind::kRoot;
  bool trailing_slash = false;

 private:
  static constexpr int kMaxLinks = 40;  // as Linux's MAXSYMLINKS

  bool FollowsLast(const WalkOptions& options) const;
  Result<void> Step(std::string_view name, bool at_end, const WalkOptions& options);
  Result<bool> FollowLink(bool at_end, std::string_view rest, const WalkOptions& options);

  Context& context_;
  Ref<Directory> top_;  // ".." stays here
  Ref<Directory> here_;
  std::string_view rest_;
  String text_;  // holds `rest_` once a link was followed
  int links_ = 0;
};

// The existing thing at `path`.
Result<Location> Resolve(Context& context, Ref<Directory> start, std::string_view path, const WalkOptions& options = {});

// The absolute path of a directory, or of an entry in one, as seen from `root`. A removed thing's ends in " (deleted)".
Result<String> PathOf(const Directory& root, const Directory& directory);
Result<String> PathOf(const Directory& root, const Location& location);

}  // namespace caponier::fs
