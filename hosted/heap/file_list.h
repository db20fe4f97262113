// glibc's list of open files, which its fork closes when the prepare handlers have run. A thread that reads a line keeps its file while it asks for
// memory, and one in fflush(NULL) keeps the list while it waits for that file: with the heap's locks closed first and the list after them all three would
// wait for ever. So the heap's handlers close the list before its locks; it may be closed twice by one thread. [glibc-19431]
// Without threads nobody else can have it, and glibc leaves it alone.
#pragma once

extern "C" {
[[gnu::weak]] void _IO_list_lock();
[[gnu::weak]] void _IO_list_unlock();
[[gnu::weak]] void _IO_list_resetlock();
[[gnu::weak]] extern char __libc_single_threaded;
}

namespace caponier::hosted {

class FileList {
 public:
  void BeforeFork() {
    const bool known = _IO_list_lock != nullptr && _IO_list_unlock != nullptr && _IO_list_resetlock != nullptr &&
                       &__libc_single_threaded != nullptr;
    if (!known || __libc_single_threaded != 0) return;
    _IO_list_lock();
    closed_ = true;
  }
  void AfterForkInParent() {
    if (!closed_) return;
    closed_ = false;
    _IO_list_unlock();
  }
  // As glibc does there.
  void AfterForkInChild() {
    if (closed_) _IO_list_resetlock();
    closed_ = false;
  }

 private:
  bool closed_ = false;  // the list keeps it from other threads
};

}  // namespace caponier::hosted
