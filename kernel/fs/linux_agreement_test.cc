// The file calls against Linux's own: the same random sequence of calls runs here and, in a directory made for it, on the host;
// every result, error number and attribute must agree. The host must be Linux and the test root, as the machine's program is.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/fs/for_test/machine.h"
#include "lib/linux_abi/errno.h"

namespace caponier::syscall {
#define CAPONIER_SYSCALL(name, handler) Result<i64> handler(Call& call);
#include "kernel/syscall/files.def"
#undef CAPONIER_SYSCALL
}  // namespace caponier::syscall

namespace caponier::fs {
namespace {

using namespace syscall;

// One side's results of one call, in words.
struct Outcome {
  i64 result = 0;
  std::string detail;
  bool operator==(const Outcome&) const = default;
};

std::string Show(const Outcome& outcome) {
  const std::string value =
      outcome.result < 0 ? std::string(linux_abi::ErrnoName(static_cast<int>(-outcome.result))) : std::to_string(outcome.result);
  return value + " " + outcome.detail;
}

class Side {
 public:
  virtual ~Side() = default;
  virtual i64 Do(long number, Handler handler, std::initializer_list<u64> arguments) = 0;
};

class Host final : public Side {
 public:
  i64 Do(long number, Handler, std::initializer_list<u64> arguments) override {
    u64 a[6] = {};
    std::copy(arguments.begin(), arguments.end(), a);
    const long result = ::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return result < 0 ? -errno : result;
  }
};

class Ours final : public Side {
 public:
  Ours() {
    machine_.files().umask = 022;
    Do(0, SysMkdirat, {u64(AT_FDCWD), u64("w"), 0755});
    Do(0, SysChroot, {u64("w")});
    Do(0, SysChdir, {u64("/")});
  }
  i64 Do(long, Handler handler, std::initializer_list<u64> arguments) override { return machine_.Call(handler, arguments); }

 private:
  for_test::Machine machine_;
};

class Duel {
 public:
  // Pages that fallocate(2) made count as holes to Linux's lseek(2) and as data to ours: no sequence has both.
  Duel(u32 seed, Side& host, Side& ours) : random_(seed), sides_{&host, &ours}, allocates_(seed % 2 == 0) {}

  // One random call on both; what was called, and both outcomes.
  std::string Step(Outcome (&outcomes)[2]) {
    switch (Below(28)) {
      case 0:
      case 1:
      case 2:
      case 3: return Open(outcomes);
      case 4:
        return Path1("mkdir", outcomes,
                     [](Side& s, const char* p) { return s.Do(SYS_mkdirat, SysMkdirat, {u64(AT_FDCWD), u64(p), 0775}); });
      case 5:
        return Path1("unlink", outcomes,
                     [](Side& s, const char* p) { return s.Do(SYS_unlinkat, SysUnlinkat, {u64(AT_FDCWD), u64(p), 0}); });
      case 6:
        return Path1("rmdir", outcomes, [](Side& s, const char* p) {
          return s.Do(SYS_unlinkat, SysUnlinkat, {u64(AT_FDCWD), u64(p), AT_REMOVEDIR});
        });
      case 7:
      case 8: {
        const u64 flags = Below(4) == 0 ? 1 + Below(3) : 0;
        return Path2("rename " + std::to_string(flags), outcomes, [flags](Side& s, const char* p, const char* q) {
          return s.Do(SYS_renameat2, SysRenameat2, {u64(AT_FDCWD), u64(p), u64(AT_FDCWD), u64(q), flags});
        });
      }
      case 9: {
        const u64 flags = Below(2) == 0 ? AT_SYMLINK_FOLLOW : 0;
        return Path2("link", outcomes, [flags](Side& s, const char* p, const char* q) {
          return s.Do(SYS_linkat, SysLinkat, {u64(AT_FDCWD), u64(p), u64(AT_FDCWD), u64(q), flags});
        });
      }
      case 10:
      case 11:
        return Path2("symlink", outcomes, [](Side& s, const char* p, const char* q) {
          return s.Do(SYS_symlinkat, SysSymlinkat, {u64(p), u64(AT_FDCWD), u64(q)});
        });
      case 12:
      case 13: return StatPath(outcomes);
      case 14: return ReadLink(outcomes);
      case 15: {
        const u64 mode = Below(010000);
        return Path1("chmod " + std::to_string(mode), outcomes,
                     [mode](Side& s, const char* p) { return s.Do(SYS_fchmodat, SysFchmodat, {u64(AT_FDCWD), u64(p), mode}); });
      }
      case 16: {
        const u64 size = Below(3) == 0 ? Below(40) * 1000 : Below(9000);
        return Path1("truncate", outcomes,
                     [size](Side& s, const char* p) { return s.Do(SYS_truncate, SysTruncate, {u64(p), size}); });
      }
      case 17: {
        const u64 mode = Below(8);
        return Path1("access", outcomes,
                     [mode](Side& s, const char* p) { return s.Do(SYS_faccessat, SysFaccessat, {u64(AT_FDCWD), u64(p), mode}); });
      }
      case 18: {
        static const u32 kTypes[] = {S_IFREG, S_IFIFO, 0, S_IFDIR, S_IFSOCK, 0170000};
        const u64 mode = kTypes[Below(6)] | 0666;
        return Path1("mknod", outcomes,
                     [mode](Side& s, const char* p) { return s.Do(SYS_mknodat, SysMknodat, {u64(AT_FDCWD), u64(p), mode, 0}); });
      }
      case 19: return List(outcomes);
      case 20: return Close(outcomes);
      default: return OnDescriptor(outcomes);
    }
  }

 private:
  u64 Below(u64 limit) { return random_() % limit; }

  const char* PickPath() {
    static const std::string kLong(256, 'x'), kLongest(5000, '/');
    static const char* const kPaths[] = {"a",   "b",    "c",    "d",   "d/a",  "d/b",    "d/d",    "d/d/a",    "l",    "l/a",
                                         "a/",  "d/",   "l/",   "d/.", "d/..", "d/../a", "d/d/..", "./a",      ".",    "",
                                         "n/x", "a/b",  "d//a", "e",   "e/a",  "e/",     "d/l",    "d/d/../a", "m",    "m/",
                                         "..",  "a/..", "d/d/", "/",   "/a",   "/..",    "/d/",    "/d/d/..",  "../a", "///a"};
    const u64 pick = Below(std::size(kPaths) + 30);
    if (pick == std::size(kPaths)) return kLong.c_str();
    if (pick == std::size(kPaths) + 1) return kLongest.c_str();
    return pick < std::size(kPaths) ? kPaths[pick] : kPaths[Below(12)];
  }

  template <typename Action>
  std::string Path1(std::string what, Outcome (&outcomes)[2], Action action) {
    const char* path = PickPath();
    for (int i = 0; i < 2; i++) outcomes[i].result = action(*sides_[i], path);
    return what + " " + std::string(path).substr(0, 20);
  }
  template <typename Action>
  std::string Path2(std::string what, Outcome (&outcomes)[2], Action action) {
    const char *from = PickPath(), *to = PickPath();
    for (int i = 0; i < 2; i++) outcomes[i].result = action(*sides_[i], from, to);
    return what + " " + std::string(from).substr(0, 20) + " -> " + std::string(to).substr(0, 20);
  }

  std::string Open(Outcome (&outcomes)[2]) {
    static const int kFlags[] = {O_RDONLY,
                                 O_RDWR,
                                 O_WRONLY,
                                 O_RDWR | O_CREAT,
                                 O_RDWR | O_CREAT | O_EXCL,
                                 O_WRONLY | O_CREAT | O_TRUNC,
                                 O_RDONLY | O_DIRECTORY,
                                 O_RDONLY | O_NOFOLLOW,
                                 O_PATH,
                                 O_PATH | O_NOFOLLOW,
                                 O_RDWR | O_TRUNC,
                                 O_RDWR | O_CREAT | O_APPEND,
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                                 O_RDWR | O_CREAT | O_NOFOLLOW,
                                 O_RDWR | O_TMPFILE,
                                 O_RDONLY | O_CREAT};
    const u64 flags = u64(kFlags[Below(std::size(kFlags))]) | O_NONBLOCK;
    const char* path = PickPath();
    i64 opened[2];
    for (int i = 0; i < 2; i++) {
      opened[i] = sides_[i]->Do(SYS_openat, SysOpenat, {u64(AT_FDCWD), u64(path), flags, 0666});
      outcomes[i].result = std::min<i64>(opened[i], 0);
    }
    if (opened[0] >= 0 && opened[1] >= 0) {
      pairs_.push_back({opened[0], opened[1]});
    } else {
      if (opened[0] >= 0) sides_[0]->Do(SYS_close, SysClose, {u64(opened[0])});
      if (opened[1] >= 0) sides_[1]->Do(SYS_close, SysClose, {u64(opened[1])});
    }
    char text[64];
    std::snprintf(text, sizeof(text), "open %.20s 0%lo", path, flags);
    return text;
  }

  std::string Close(Outcome (&outcomes)[2]) {
    if (pairs_.empty()) return "nothing";
    const size_t at = Below(pairs_.size());
    for (int i = 0; i < 2; i++) outcomes[i].result = sides_[i]->Do(SYS_close, SysClose, {u64(pairs_[at][i])});
    pairs_.erase(pairs_.begin() + static_cast<long>(at));
    return "close";
  }

  static std::string Describe(const struct stat& s) {
    char text[160];
    const bool directory = S_ISDIR(s.st_mode);
    std::snprintf(text, sizeof(text), "mode %o links %lu uid %u gid %u size %ld blocks %ld mtime %d", s.st_mode,
                  directory ? 0 : s.st_nlink, s.st_uid, s.st_gid, directory ? 0 : s.st_size, S_ISREG(s.st_mode) ? s.st_blocks : 0,
                  s.st_mtim.tv_sec == 77 ? 77 : 0);
    return text;
  }

  std::string StatPath(Outcome (&outcomes)[2]) {
    const char* path = PickPath();
    const u64 flags = Below(2) == 0 ? AT_SYMLINK_NOFOLLOW : 0;
    for (int i = 0; i < 2; i++) {
      struct stat s{};
      outcomes[i].result = sides_[i]->Do(SYS_newfstatat, SysNewfstatat, {u64(AT_FDCWD), u64(path), u64(&s), flags});
      if (outcomes[i].result == 0) outcomes[i].detail = Describe(s);
    }
    return "stat " + std::string(path).substr(0, 20);
  }

  std::string ReadLink(Outcome (&outcomes)[2]) {
    const char* path = PickPath();
    const u64 size = Below(4) == 0 ? Below(3) : 100;
    for (int i = 0; i < 2; i++) {
      char text[128] = {};
      outcomes[i].result = sides_[i]->Do(SYS_readlinkat, SysReadlinkat, {u64(AT_FDCWD), u64(path), u64(text), size});
      outcomes[i].detail = text;
    }
    return "readlink " + std::string(path).substr(0, 20);
  }

  std::string List(Outcome (&outcomes)[2]) {
    const char* path = PickPath();
    for (int i = 0; i < 2; i++) {
      const i64 fd = sides_[i]->Do(SYS_openat, SysOpenat, {u64(AT_FDCWD), u64(path), O_RDONLY | O_DIRECTORY, 0});
      outcomes[i].result = std::min<i64>(fd, 0);
      if (fd < 0) continue;
      std::vector<std::string> names;
      alignas(8) char buffer[200];
      for (;;) {
        const i64 got = sides_[i]->Do(SYS_getdents64, SysGetdents64, {u64(fd), u64(buffer), sizeof(buffer)});
        if (got <= 0) {
          names.push_back(std::to_string(got));
          break;
        }
        for (i64 at = 0; at < got;) {
          const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
          names.push_back(std::string(entry->d_name) + ":" + std::to_string(entry->d_type));
          at += entry->d_reclen;
        }
      }
      std::sort(names.begin(), names.end());
      for (const auto& name : names) outcomes[i].detail += name + " ";
      sides_[i]->Do(SYS_close, SysClose, {u64(fd)});
    }
    return "list " + std::string(path).substr(0, 20);
  }

  std::string OnDescriptor(Outcome (&outcomes)[2]) {
    if (pairs_.empty()) return "nothing";
    const size_t at = Below(pairs_.size()), other = Below(pairs_.size());
    u64 kind = Below(20);
    if (kind == 9 && !allocates_) kind = 8;
    const u64 offset = Below(3) == 0 ? Below(40) * 1000 : Below(6000), bytes = Below(3) == 0 ? Below(20000) : Below(100);
    const i64 whence_offset = i64(Below(12000)) - 3000;
    const u64 whence = Below(allocates_ ? 3 : 6);
    const u64 fill = Below(256);
    static const u64 kModes[] = {0, 1, 3, 2, 8};
    const u64 mode = kModes[Below(std::size(kModes))];
    static const u64 kLocks[] = {LOCK_SH | LOCK_NB, LOCK_EX | LOCK_NB, LOCK_UN, LOCK_SH | LOCK_EX};
    const u64 lock = kLocks[Below(4)];
    std::string what;
    for (int i = 0; i < 2; i++) {
      Side& side = *sides_[i];
      const u64 fd = u64(pairs_[at][i]), second = u64(pairs_[other][i]);
      std::vector<char> data(20000, char(fill));
      Outcome& outcome = outcomes[i];
      switch (kind) {
        case 0:
        case 1:
          what = "write";
          outcome.result = side.Do(SYS_write, SysWrite, {fd, u64(data.data()), bytes});
          break;
        case 2:
        case 3:
          what = "read";
          outcome.result = side.Do(SYS_read, SysRead, {fd, u64(data.data()), bytes});
          outcome.detail.assign(data.begin(), data.end());
          break;
        case 4:
          what = "pwrite";
          outcome.result = side.Do(SYS_pwrite64, SysPwrite64, {fd, u64(data.data()), bytes, offset});
          break;
        case 5:
          what = "pread";
          outcome.result = side.Do(SYS_pread64, SysPread64, {fd, u64(data.data()), bytes, offset});
          outcome.detail.assign(data.begin(), data.end());
          break;
        case 6:
        case 7:
          what = "lseek";
          outcome.result = side.Do(SYS_lseek, SysLseek, {fd, u64(whence_offset), whence});
          break;
        case 8:
          what = "ftruncate";
          outcome.result = side.Do(SYS_ftruncate, SysFtruncate, {fd, offset});
          break;
        case 9:
          what = "fallocate";
          outcome.result = side.Do(SYS_fallocate, SysFallocate, {fd, mode, offset, bytes});
          break;
        case 10: {
          what = "fstat";
          struct stat s{};
          outcome.result = side.Do(SYS_fstat, SysFstat, {fd, u64(&s)});
          if (outcome.result == 0) outcome.detail = Describe(s);
          break;
        }
        case 11: {
          what = "writev";
          const iovec pieces[] = {{data.data(), bytes / 2}, {data.data(), 0}, {data.data(), bytes}};
          outcome.result = side.Do(SYS_writev, SysWritev, {fd, u64(pieces), 3});
          break;
        }
        case 12: {
          what = "readv";
          const iovec pieces[] = {{data.data(), bytes / 2}, {data.data() + 100, 0}, {data.data() + bytes / 2, bytes / 3}};
          outcome.result = side.Do(SYS_readv, SysReadv, {fd, u64(pieces), 3});
          outcome.detail.assign(data.begin(), data.end());
          break;
        }
        case 13: {
          what = "dup";
          const i64 made = side.Do(SYS_dup, SysDup, {fd});
          outcome.result = std::min<i64>(made, 0);
          if (made >= 0) side.Do(SYS_close, SysClose, {u64(made)});
          break;
        }
        case 14:
          what = "F_GETFL";
          outcome.result = side.Do(SYS_fcntl, SysFcntl, {fd, F_GETFL, 0});
          break;
        case 15:
          what = "F_SETFL";
          outcome.result = side.Do(SYS_fcntl, SysFcntl, {fd, F_SETFL, u64(O_NONBLOCK | (bytes % 2 == 0 ? O_APPEND : 0))});
          break;
        case 16:
          what = "flock";
          outcome.result = side.Do(SYS_flock, SysFlock, {fd, lock});
          break;
        case 17:
          what = "fchmod";
          outcome.result = side.Do(SYS_fchmod, SysFchmod, {fd, fill});
          break;
        case 18: {
          what = "futimens";
          const timespec times[2] = {{5, 5}, {77, 0}};
          outcome.result = side.Do(SYS_utimensat, SysUtimensat, {fd, 0, u64(times), 0});
          break;
        }
        case 19:
          what = "copy_file_range";
          outcome.result = side.Do(SYS_copy_file_range, SysCopyFileRange, {fd, 0, second, 0, bytes, 0});
          break;
      }
    }
    return what + " #" + std::to_string(at) + " bytes " + std::to_string(bytes) + " offset " + std::to_string(offset) +
           " whence " + std::to_string(whence) + "," + std::to_string(whence_offset) + " mode " + std::to_string(mode);
  }

  std::minstd_rand random_;
  Side* sides_[2];
  const bool allocates_;
  std::vector<std::array<i64, 2>> pairs_;
};

TEST(LinuxAgreement, RandomCalls) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  const u32 first = std::getenv("CAPONIER_SEED") != nullptr ? u32(std::atoi(std::getenv("CAPONIER_SEED"))) : 1;
  const u32 seeds = std::getenv("CAPONIER_SEED") != nullptr ? 1 : 40;
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  const mode_t old_mask = ::umask(022);
  char where[] = "/dev/shm/caponier-fs-XXXXXX";
  if (mkdtemp(where) == nullptr) GTEST_SKIP() << "no /dev/shm";
  chmod(where, 0755);
  const int root = open("/", O_RDONLY | O_DIRECTORY);
  const std::string back = std::filesystem::current_path();
  for (u32 seed = first; seed < first + seeds; seed++) {
    const std::string directory = std::string(where) + "/" + std::to_string(seed);
    ASSERT_EQ(mkdir(directory.c_str(), 0755), 0);
    ASSERT_EQ(chmod(directory.c_str(), 0755), 0);
    // Links climb, so the directory is made the root of both sides.
    ASSERT_EQ(chroot(directory.c_str()), 0);
    ASSERT_EQ(chdir("/"), 0);
    Host host;
    Ours ours;
    Duel duel(seed, host, ours);
    std::string history;
    for (int step = 0; step < 600; step++) {
      Outcome outcomes[2];
      const std::string what = duel.Step(outcomes);
      history += what + "\n";
      if (outcomes[0] == outcomes[1]) continue;
      ADD_FAILURE() << "seed " << seed << " step " << step << ": " << what << "\n  Linux: " << Show(outcomes[0]).substr(0, 300)
                    << "\n  ours:  " << Show(outcomes[1]).substr(0, 300);
      break;
    }
    ASSERT_EQ(fchdir(root), 0);
    ASSERT_EQ(chroot("."), 0);
  }
  ASSERT_EQ(chdir(back.c_str()), 0);
  std::filesystem::remove_all(where);
  for (int fd = 3; fd < 1024; fd++) ::close(fd);
  ::umask(old_mask);
  std::signal(SIGPIPE, old_handler);
}

}  // namespace
}  // namespace caponier::fs
