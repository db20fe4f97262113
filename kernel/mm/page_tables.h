// Page tables, edited through windows. One tree per root; empty tables are freed as their last entry goes.
#pragma once

#include <optional>

#include "kernel/mm/page_flags.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::mm {

class PageTables {
 public:
  PageTables() = default;
  explicit PageTables(PhysAddr root) : root_(root) {}
  // An empty tree for a program. Where the kernel half hangs from the same root, it is shared in.
  static Result<PageTables> CreateForProgram();

  PhysAddr root() const { return root_; }

  struct Entry {
    PhysAddr frame;
    PageFlags flags;
  };
  // Maps frames that lie side by side, one or more; their slots must be empty. Takes no reference. After kNoMemory the first of them may be
  // there, of one none is.
  Result<void> Map(u64 address, PhysAddr first, PageFlags flags, u64 pages = 1);
  std::optional<Entry> Lookup(u64 address) const;
  // Changes the rights or frame of a present page and flushes it.
  void Replace(u64 address, PhysAddr frame, PageFlags flags);
  // Calls visit(address, entry) for each page with an entry (PROT_NONE ones too) in [begin, end); the visitor says what becomes of it. kUpdateFlags stores the
  // flags that it left in `entry`.
  enum class Verdict : u8 { kKeep, kRemove, kUpdateFlags };
  template <typename Visitor>
  void Visit(u64 begin, u64 end, Visitor visit) {
    VisitRaw(
        begin, end, [](void* context, u64 address, Entry& entry) { return (*static_cast<Visitor*>(context))(address, entry); },
        &visit);
  }
  // Frees every table of the program's half. The pages must be gone.
  void Destroy();

 private:
  std::optional<PhysAddr> FindLeaf(u64 address) const;
  Result<PhysAddr> FindOrMakeLeaf(u64 address, bool user);
  using RawVisitor = Verdict (*)(void* context, u64 address, Entry& entry);
  void VisitRaw(u64 begin, u64 end, RawVisitor visit, void* context);
  PhysAddr root_{};
};

}  // namespace caponier::mm
