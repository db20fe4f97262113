// Lines as strace 6.1 printed them for the same calls, with addresses made round.
#include "lib/linux_abi/trace.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/memory_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/socket_flags.h"
#include "lib/linux_abi/terminal_flags.h"

namespace caponier::linux_abi {
namespace {

class StringSink final : public TextSink {
 public:
  void Write(std::string_view text) override { text_ += text; }
  std::string text_;
};

constexpr u64 kBase = 0x7f0000000000;
constexpr u64 kBad = 0x10;  // an address that cannot be read

// A program's memory: some pages at kBase, filled from the front.
class Program final : public MemoryReader {
 public:
  bool Read(u64 address, MutableBytes to) override {
    if (address < kBase || address - kBase > bytes_.size() || to.size() > bytes_.size() - (address - kBase)) return false;
    std::memcpy(to.data(), bytes_.data() + (address - kBase), to.size());
    return true;
  }
  template <typename T>
  u64 Put(const T& value) {
    used_ = AlignUp(used_, 16);
    u64 address = kBase + used_;
    Set(address, value);
    used_ += sizeof(T);
    return address;
  }
  u64 PutText(std::string_view text) {
    used_ = AlignUp(used_, 16);
    std::memcpy(bytes_.data() + used_, text.data(), text.size());
    u64 address = kBase + used_;
    used_ += text.size() + 1;
    return address;
  }
  template <typename T>
  void Set(u64 address, const T& value) {
    std::memcpy(bytes_.data() + (address - kBase), &value, sizeof(T));
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(65536);
  size_t used_ = 0;
};

class TraceTest : public testing::Test {
 protected:
  // The whole line. `during` plays the call: what it writes to memory.
  std::string Line(Syscall call, std::initializer_list<u64> arguments, i64 result, const std::function<void()>& during = {}) {
    TraceCall trace = {.arch = arch_, .number = static_cast<u64>(EntryOf(call).number(arch_))};
    size_t i = 0;
    for (u64 argument : arguments) trace.arguments[i++] = argument;
    return Whole(trace, result, during);
  }
  std::string Whole(const TraceCall& trace, i64 result, const std::function<void()>& during = {}) {
    StringSink sink;
    TraceState state = TraceEntry(sink, trace, program_);
    EXPECT_EQ(state.columns, sink.text_.size());
    if (during) during();
    TraceExit(sink, trace, state, result, program_);
    return sink.text_;
  }
  static u64 Minus(i64 value) { return static_cast<u64>(value); }

  Arch arch_ = Arch::kX86_64;
  Program program_;
};

TEST_F(TraceTest, Opens) {
  u64 path = program_.PutText("/etc/passwd");
  EXPECT_EQ(Line(Syscall::openat, {Minus(-100), path, kO_RDONLY | kO_CLOEXEC, 0}, 3),
            R"(openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3)");
  EXPECT_EQ(Line(Syscall::openat, {0xffffff9c, path, kO_RDONLY}, -kENOENT),
            R"(openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = -1 ENOENT (No such file or directory))");
  EXPECT_EQ(Line(Syscall::openat, {5, path, kO_RDWR | kO_CREAT | kO_TRUNC, 0644}, 4),
            R"(openat(5, "/etc/passwd", O_RDWR|O_CREAT|O_TRUNC, 0644) = 4)");
  EXPECT_EQ(Line(Syscall::openat, {Minus(-100), path, kO_RDWR | x86_64::kO_TMPFILE, 0600}, 5),
            R"(openat(AT_FDCWD, "/etc/passwd", O_RDWR|O_TMPFILE, 0600) = 5)");
  u64 odd = program_.PutText("/etc/nope\n\"\t\1\377");
  EXPECT_EQ(
      Line(Syscall::openat, {Minus(-100), odd, kO_NONBLOCK | x86_64::kO_DIRECTORY | 0x40000000}, -kENOENT),
      R"(openat(AT_FDCWD, "/etc/nope\n\"\t\1\377", O_RDONLY|O_NONBLOCK|O_DIRECTORY|0x40000000) = -1 ENOENT (No such file or directory))");
  EXPECT_EQ(Line(Syscall::openat, {Minus(-100), kBad, kO_WRONLY}, -kEFAULT),
            "openat(AT_FDCWD, 0x10, O_WRONLY)        = -1 EFAULT (Bad address)");
  EXPECT_EQ(Line(Syscall::open, {path, kO_WRONLY | kO_SYNC | kO_APPEND}, 3),
            R"(open("/etc/passwd", O_WRONLY|O_APPEND|O_SYNC) = 3)");
}

TEST_F(TraceTest, OpenFlagsDifferByArchitecture) {
  u64 path = program_.PutText("/tmp");
  EXPECT_EQ(Line(Syscall::openat, {Minus(-100), path, 0200000}, 3), R"(openat(AT_FDCWD, "/tmp", O_RDONLY|O_DIRECTORY) = 3)");
  arch_ = Arch::kAarch64;
  EXPECT_EQ(Line(Syscall::openat, {Minus(-100), path, 040000}, 3), R"(openat(AT_FDCWD, "/tmp", O_RDONLY|O_DIRECTORY) = 3)");
  EXPECT_EQ(Line(Syscall::openat, {Minus(-100), path, 0200000}, 3), R"(openat(AT_FDCWD, "/tmp", O_RDONLY|O_DIRECT) = 3)");
}

TEST_F(TraceTest, ReadsAndWrites) {
  u64 data = program_.PutText(std::string_view("hello\nworld\0\1\0012\33[1m this is a long long long text", 50));
  EXPECT_EQ(Line(Syscall::write, {4, data, 50}, 50), R"(write(4, "hello\nworld\0\1\0012\33[1m this is a lo"..., 50) = 50)");
  EXPECT_EQ(Line(Syscall::pread64, {4, data, 10, 0}, 10), R"(pread64(4, "hello\nworl", 10, 0)        = 10)");
  EXPECT_EQ(Line(Syscall::read, {4, data, 100}, 5), R"(read(4, "hello", 100)                   = 5)");
  EXPECT_EQ(Line(Syscall::read, {4, data, 100}, 0), R"(read(4, "", 100)                        = 0)");
  EXPECT_EQ(Line(Syscall::read, {99, 0x7ffdd6028550, 100}, -kEBADF),
            "read(99, 0x7ffdd6028550, 100)           = -1 EBADF (Bad file descriptor)");
  EXPECT_EQ(Line(Syscall::lseek, {4, Minus(-5), kSEEK_END}, 55), "lseek(4, -5, SEEK_END)                  = 55");
  EXPECT_EQ(Line(Syscall::getrandom, {data, 4, kGRND_NONBLOCK}, 4), R"(getrandom("\x68\x65\x6c\x6c", 4, GRND_NONBLOCK) = 4)");
}

TEST_F(TraceTest, Vectors) {
  u64 ab = program_.PutText("ab"), cdef = program_.PutText("cdef");
  Iovec pieces[2] = {{ab, 2}, {cdef, 4}};
  u64 vector = program_.Put(pieces);
  EXPECT_EQ(Line(Syscall::writev, {4, vector, 2}, 6),
            R"(writev(4, [{iov_base="ab", iov_len=2}, {iov_base="cdef", iov_len=4}], 2) = 6)");
  EXPECT_EQ(Line(Syscall::readv, {4, vector, 2}, 3),
            R"(readv(4, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=4}], 2) = 3)");
  EXPECT_EQ(Line(Syscall::writev, {4, kBad, 2}, -kEFAULT), "writev(4, 0x10, 2)                      = -1 EFAULT (Bad address)");
}

TEST_F(TraceTest, Stats) {
  x86_64::Stat stat;
  stat.mode = kS_IFREG | 0644;
  stat.size = 60;
  u64 buffer = program_.Put(stat), empty = program_.PutText(""), path = program_.PutText("/dev/null");
  EXPECT_EQ(Line(Syscall::newfstatat, {4, empty, buffer, kAT_EMPTY_PATH}, 0),
            R"(newfstatat(4, "", {st_mode=S_IFREG|0644, st_size=60, ...}, AT_EMPTY_PATH) = 0)");
  stat.mode = kS_IFCHR | 0666;
  stat.rdev = MakeDevice(1, 3);
  program_.Set(buffer, stat);
  EXPECT_EQ(Line(Syscall::newfstatat, {Minus(-100), path, buffer, 0}, 0),
            R"(newfstatat(AT_FDCWD, "/dev/null", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}, 0) = 0)");
  EXPECT_EQ(Line(Syscall::newfstatat, {Minus(-100), path, 0x7ffdd60284c0, 0}, -kENOENT),
            R"(newfstatat(AT_FDCWD, "/dev/null", 0x7ffdd60284c0, 0) = -1 ENOENT (No such file or directory))");
  arch_ = Arch::kAarch64;
  aarch64::Stat arm;
  arm.mode = kS_IFDIR | kS_ISVTX | 0777;
  arm.size = 4096;
  EXPECT_EQ(Line(Syscall::fstat, {3, program_.Put(arm)}, 0), "fstat(3, {st_mode=S_IFDIR|S_ISVTX|0777, st_size=4096, ...}) = 0");
  Statx statx;
  statx.mask = kSTATX_ALL | kSTATX_MNT_ID;
  statx.mode = kS_IFDIR | 0755;
  statx.size = 4096;
  EXPECT_EQ(
      Line(Syscall::statx, {Minus(-100), path, 0, kSTATX_ALL, program_.Put(statx)}, 0),
      R"(statx(AT_FDCWD, "/dev/null", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL|STATX_MNT_ID, stx_attributes=0, stx_mode=S_IFDIR|0755, stx_size=4096, ...}) = 0)");
}

TEST_F(TraceTest, Memory) {
  EXPECT_EQ(Line(Syscall::mmap, {0, 8192, kPROT_READ | kPROT_WRITE, kMAP_PRIVATE | kMAP_ANONYMOUS, Minus(-1), 0}, 0x7f7b82c4f000),
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f7b82c4f000");
  EXPECT_EQ(
      Line(Syscall::mmap,
           {0x7ff804599000, 1400832, kPROT_READ | kPROT_EXEC, kMAP_PRIVATE | kMAP_FIXED | kMAP_DENYWRITE, 3, 0x26000},
           0x7ff804599000),
      "mmap(0x7ff804599000, 1400832, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x26000) = 0x7ff804599000");
  EXPECT_EQ(Line(Syscall::mmap, {0, 0, 0, 0, Minus(-1), 0}, -kEBADF),
            "mmap(NULL, 0, PROT_NONE, MAP_FILE, -1, 0) = -1 EBADF (Bad file descriptor)");
  EXPECT_EQ(Line(Syscall::mprotect, {0x7f7b82c4f000, 4096, 0}, 0), "mprotect(0x7f7b82c4f000, 4096, PROT_NONE) = 0");
  EXPECT_EQ(Line(Syscall::mremap, {0x7f7b82c4f000, 8192, 16384, kMREMAP_MAYMOVE}, -kEFAULT),
            "mremap(0x7f7b82c4f000, 8192, 16384, MREMAP_MAYMOVE) = -1 EFAULT (Bad address)");
  EXPECT_EQ(Line(Syscall::madvise, {0x7f7b82c4f000, 4096, kMADV_DONTNEED}, 0),
            "madvise(0x7f7b82c4f000, 4096, MADV_DONTNEED) = 0");
  EXPECT_EQ(Line(Syscall::munmap, {0x7f7b82c4f000, 8192}, 0), "munmap(0x7f7b82c4f000, 8192)            = 0");
  EXPECT_EQ(Line(Syscall::brk, {0}, 0x55eb2f0a9000), "brk(NULL)                               = 0x55eb2f0a9000");
  arch_ = Arch::kAarch64;
  EXPECT_EQ(Line(Syscall::mmap, {0, 1048576, 0x23, 0x22, Minus(-1), 0}, 0x5500000000),
            "mmap(NULL, 1048576, PROT_READ|PROT_WRITE|PROT_MTE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x5500000000");
}

TEST_F(TraceTest, Descriptors) {
  u64 pair = program_.Put(u64{0});
  EXPECT_EQ(Line(Syscall::pipe2, {pair, kO_NONBLOCK | kO_CLOEXEC}, 0, [&] { program_.Set(pair, u64{6} | u64{7} << 32); }),
            "pipe2([6, 7], O_NONBLOCK|O_CLOEXEC)     = 0");
  EXPECT_EQ(Line(Syscall::fcntl, {6, kF_GETFL}, 0x800),
            "fcntl(6, F_GETFL)                       = 0x800 (flags O_RDONLY|O_NONBLOCK)");
  EXPECT_EQ(Line(Syscall::fcntl, {6, kF_SETFL, kO_NONBLOCK}, 0), "fcntl(6, F_SETFL, O_RDONLY|O_NONBLOCK)  = 0");
  EXPECT_EQ(Line(Syscall::fcntl, {6, kF_GETFD}, 1), "fcntl(6, F_GETFD)                       = 0x1 (flags FD_CLOEXEC)");
  EXPECT_EQ(Line(Syscall::fcntl, {6, kF_SETFD, kFD_CLOEXEC}, 0), "fcntl(6, F_SETFD, FD_CLOEXEC)           = 0");
  EXPECT_EQ(Line(Syscall::fcntl, {6, kF_DUPFD_CLOEXEC, 10}, 11), "fcntl(6, F_DUPFD_CLOEXEC, 10)           = 11");
  EXPECT_EQ(Line(Syscall::fcntl, {4, 999, 5}, -kEINVAL),
            "fcntl(4, 0x3e7 /* F_??? */, 0x5)        = -1 EINVAL (Invalid argument)");
  u64 lock = program_.Put(Flock{.type = kF_WRLCK});
  EXPECT_EQ(Line(Syscall::fcntl, {4, kF_SETLK, lock}, 0),
            "fcntl(4, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = 0");
  EXPECT_EQ(Line(Syscall::fcntl, {4, kF_GETLK, lock}, 0, [&] { program_.Set(lock, Flock{.type = kF_UNLCK}); }),
            "fcntl(4, F_GETLK, {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=0, l_pid=0}) = 0");
  EXPECT_EQ(Line(Syscall::dup3, {4, 21, kO_CLOEXEC}, 21), "dup3(4, 21, O_CLOEXEC)                  = 21");
  EXPECT_EQ(Line(Syscall::umask, {0}, 022), "umask(000)                              = 022");
  u64 path = program_.PutText("/etc");
  EXPECT_EQ(Line(Syscall::access, {path, 5}, 0), R"(access("/etc", R_OK|X_OK)               = 0)");
  EXPECT_EQ(Line(Syscall::access, {path, 0}, 0), R"(access("/etc", F_OK)                    = 0)");
  EXPECT_EQ(Line(Syscall::faccessat2, {Minus(-100), path, 2, kAT_EACCESS}, 0),
            R"(faccessat2(AT_FDCWD, "/etc", W_OK, AT_EACCESS) = 0)");
  EXPECT_EQ(Line(Syscall::unlinkat, {Minus(-100), path, kAT_REMOVEDIR}, 0), R"(unlinkat(AT_FDCWD, "/etc", AT_REMOVEDIR) = 0)");
  EXPECT_EQ(Line(Syscall::mknodat, {Minus(-100), path, kS_IFIFO | 0644, 9}, 0), R"(mknodat(AT_FDCWD, "/etc", S_IFIFO|0644) = 0)");
  EXPECT_EQ(Line(Syscall::mknodat, {Minus(-100), path, kS_IFCHR | 0644, 0x103}, 0),
            R"(mknodat(AT_FDCWD, "/etc", S_IFCHR|0644, makedev(0x1, 0x3)) = 0)");
  u64 cwd = program_.PutText("/tmp/st");
  EXPECT_EQ(Line(Syscall::getcwd, {cwd, 256}, 8), R"(getcwd("/tmp/st", 256)                  = 8)");
  EXPECT_EQ(Line(Syscall::readlink, {path, cwd, 256}, 4), R"(readlink("/etc", "/tmp", 256)           = 4)");
  EXPECT_EQ(
      Line(Syscall::openat2, {Minus(-100), path, program_.Put(OpenHow{kO_CLOEXEC, 0, kRESOLVE_BENEATH}), 24}, -kENOENT),
      R"(openat2(AT_FDCWD, "/etc", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_BENEATH}, 24) = -1 ENOENT (No such file or directory))");
}

TEST_F(TraceTest, DirectoriesAndOffsets) {
  struct {
    Dirent64 one;
    Dirent64 two;
  } entries;
  static_assert(sizeof(entries.one) == 24);
  entries.one.reclen = 24;
  entries.two.reclen = 24;
  u64 buffer = program_.Put(entries);
  EXPECT_EQ(Line(Syscall::getdents64, {24, buffer, 4096}, 48), "getdents64(24, 0x7f0000000000 /* 2 entries */, 4096) = 48");
  EXPECT_EQ(Line(Syscall::getdents64, {24, buffer, 4096}, 0), "getdents64(24, 0x7f0000000000 /* 0 entries */, 4096) = 0");
  u64 offset = program_.Put(i64{1});
  EXPECT_EQ(Line(Syscall::sendfile, {4, 5, offset, 10}, 10, [&] { program_.Set(offset, i64{11}); }),
            "sendfile(4, 5, [1 => 11], 10)           = 10");
  EXPECT_EQ(Line(Syscall::sendfile, {4, 4, 0, 0}, 0), "sendfile(4, 4, NULL, 0)                 = 0");
}

TEST_F(TraceTest, Polls) {
  Pollfd entries[2] = {{6, kPOLLIN | kPOLLPRI, 0}, {7, kPOLLOUT, 0}};
  u64 fds = program_.Put(entries);
  EXPECT_EQ(Line(Syscall::poll, {fds, 2, 100}, 1, [&] { program_.Set(fds + 14, i16{kPOLLOUT}); }),
            "poll([{fd=6, events=POLLIN|POLLPRI}, {fd=7, events=POLLOUT}], 2, 100) = 1 ([{fd=7, revents=POLLOUT}])");
  u64 time = program_.Put(Timespec{0, 1000000});
  EXPECT_EQ(Line(Syscall::ppoll, {fds, 1, time, 0, 8}, 0),
            "ppoll([{fd=6, events=POLLIN|POLLPRI}], 1, {tv_sec=0, tv_nsec=1000000}, NULL, 8) = 0 (Timeout)");
  u64 set = program_.Put(u64{0x11});
  EXPECT_EQ(Line(Syscall::pselect6, {5, set, 0, 0, program_.Put(Timespec{0, 0}), 0}, 1, [&] { program_.Set(set, u64{0x10}); }),
            "pselect6(5, [0 4], NULL, NULL, {tv_sec=0, tv_nsec=0}, NULL) = 1 (in [4])");
  u64 event = program_.Put(x86_64::EpollEvent{kEPOLLIN | kEPOLLET, 0x1234});
  EXPECT_EQ(Line(Syscall::epoll_ctl, {8, kEPOLL_CTL_ADD, 7, event}, 0),
            "epoll_ctl(8, EPOLL_CTL_ADD, 7, {events=EPOLLIN|EPOLLET, data={u32=4660, u64=4660}}) = 0");
  EXPECT_EQ(Line(Syscall::epoll_ctl, {8, kEPOLL_CTL_DEL, 7, 0}, 0), "epoll_ctl(8, EPOLL_CTL_DEL, 7, NULL)    = 0");
  EXPECT_EQ(Line(Syscall::epoll_wait, {8, event, 4, 0}, 0), "epoll_wait(8, [], 4, 0)                 = 0");
  EXPECT_EQ(Line(Syscall::epoll_wait, {8, event, 4, 0}, 1),
            "epoll_wait(8, [{events=EPOLLIN|EPOLLET, data={u32=4660, u64=4660}}], 4, 0) = 1");
}

TEST_F(TraceTest, Signals) {
  Sigaction action = {.handler = 0x55eb1dcb9949,
                      .flags = kSA_RESTORER | kSA_RESTART | kSA_SIGINFO,
                      .restorer = 0x7f7b82aa0050,
                      .mask = 1u << 1 | 1u << 9};
  u64 address = program_.Put(action);
  EXPECT_EQ(Line(Syscall::rt_sigaction, {kSIGINT, address, 0, 8}, 0),
            "rt_sigaction(SIGINT, {sa_handler=0x55eb1dcb9949, sa_mask=[INT USR1], sa_flags=SA_RESTORER|SA_RESTART|SA_SIGINFO, "
            "sa_restorer=0x7f7b82aa0050}, NULL, 8) = 0");
  program_.Set(address, Sigaction{.handler = kSigIgn});
  EXPECT_EQ(Line(Syscall::rt_sigaction, {34, address, 0, 8}, 0),
            "rt_sigaction(SIGRT_2, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, NULL, 8) = 0");
  u64 full = program_.Put(~u64{0} & ~(u64{3} << 31)), old = program_.Put(u64{0});
  EXPECT_EQ(Line(Syscall::rt_sigprocmask, {kSIG_BLOCK, full, old, 8}, 0), "rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], [], 8) = 0");
  EXPECT_EQ(Line(Syscall::rt_sigprocmask, {kSIG_BLOCK, full, 0, 8}, 0), "rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], NULL, 8) = 0");
  EXPECT_EQ(Line(Syscall::sigaltstack, {program_.Put(StackT{.sp = 0x7ffdd6028550, .size = 8192}), 0}, 0),
            "sigaltstack({ss_sp=0x7ffdd6028550, ss_flags=0, ss_size=8192}, NULL) = 0");
  EXPECT_EQ(Line(Syscall::kill, {16769, 0}, 0), "kill(16769, 0)                          = 0");
  EXPECT_EQ(Line(Syscall::tgkill, {16769, 16769, kSIGINT}, 0), "tgkill(16769, 16769, SIGINT)            = 0");
  EXPECT_EQ(Line(Syscall::pause, {}, -kERESTARTNOHAND),
            "pause()                                 = ? ERESTARTNOHAND (To be restarted if no handler)");
}

TEST_F(TraceTest, Processes) {
  EXPECT_EQ(
      Line(Syscall::clone, {kCLONE_CHILD_CLEARTID | kCLONE_CHILD_SETTID | kSIGCHLD, 0, 0, 0x7f7b82a61a10, 0}, 16770),
      "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f7b82a61a10) = 16770");
  u64 tid = program_.Put(i32{123});
  arch_ = Arch::kAarch64;
  EXPECT_EQ(Line(Syscall::clone,
                 {kCLONE_VM | kCLONE_SETTLS | kCLONE_PARENT_SETTID | kCLONE_CHILD_CLEARTID, 0x1000, tid, 0x2000, 0x3000}, 123),
            "clone(child_stack=0x1000, flags=CLONE_VM|CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, parent_tid=[123], "
            "tls=0x2000, "
            "child_tidptr=0x3000) = 123");
  arch_ = Arch::kX86_64;
  CloneArgs args = {.flags = kCLONE_VM | kCLONE_VFORK, .exit_signal = kSIGCHLD, .stack = 0x1000, .stack_size = 0x2000};
  u64 address = program_.Put(args);
  EXPECT_EQ(Line(Syscall::clone3, {address, 88}, 5),
            "clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x1000, stack_size=0x2000}, 88) = 5");
  EXPECT_EQ(Line(Syscall::clone3, {0, 88}, -kEFAULT), "clone3(NULL, 88)                        = -1 EFAULT (Bad address)");
  u64 status = program_.Put(u32{3 << 8});
  EXPECT_EQ(Line(Syscall::wait4, {16770, status, 0, 0}, 16770),
            "wait4(16770, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 16770");
  EXPECT_EQ(Line(Syscall::wait4, {Minus(-1), status, kWNOHANG | kWSTOPPED, 0}, 0),
            "wait4(-1, 0x7f0000000070, WNOHANG|WSTOPPED, NULL) = 0");
  program_.Set(status, u32{9});
  EXPECT_EQ(Line(Syscall::wait4, {Minus(-1), status, 0, 0}, 7),
            "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL) = 7");
  u64 vector[] = {program_.PutText("echo"), program_.PutText("a"), program_.PutText("b"), 0};
  u64 path = program_.PutText("/nope"), argv = program_.Put(vector);
  EXPECT_EQ(Line(Syscall::execve, {path, argv, argv}, -kENOENT),
            R"(execve("/nope", ["echo", "a", "b"], 0x7f00000000c0 /* 3 vars */) = -1 ENOENT (No such file or directory))");
  EXPECT_EQ(Line(Syscall::exit_group, {3}, 0), "exit_group(3)                           = ?");
  EXPECT_EQ(Line(Syscall::getpid, {}, 16769), "getpid()                                = 16769");
}

TEST_F(TraceTest, Futexes) {
  constexpr u64 kWord = 0x55eb1dcbe424;
  EXPECT_EQ(Line(Syscall::futex, {kWord, kFUTEX_WAKE | kFUTEX_PRIVATE_FLAG, 1}, 0),
            "futex(0x55eb1dcbe424, FUTEX_WAKE_PRIVATE, 1) = 0");
  EXPECT_EQ(Line(Syscall::futex, {kWord, kFUTEX_WAIT | kFUTEX_PRIVATE_FLAG, 1, program_.Put(Timespec{1, 5})}, -kEAGAIN),
            "futex(0x55eb1dcbe424, FUTEX_WAIT_PRIVATE, 1, {tv_sec=1, tv_nsec=5}) = -1 EAGAIN (Resource temporarily unavailable)");
  EXPECT_EQ(
      Line(Syscall::futex, {kWord, kFUTEX_WAIT_BITSET | kFUTEX_PRIVATE_FLAG | kFUTEX_CLOCK_REALTIME, 1, 0, 0, 0xffffffff}, 0),
      "futex(0x55eb1dcbe424, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 1, NULL, FUTEX_BITSET_MATCH_ANY) = 0");
  EXPECT_EQ(Line(Syscall::futex, {kWord, kFUTEX_WAKE, 0x7fffffff}, 0), "futex(0x55eb1dcbe424, FUTEX_WAKE, 2147483647) = 0");
  EXPECT_EQ(Line(Syscall::futex, {kWord, kFUTEX_CMP_REQUEUE | kFUTEX_PRIVATE_FLAG, 1, 5, kWord, 0}, 0),
            "futex(0x55eb1dcbe424, FUTEX_CMP_REQUEUE_PRIVATE, 1, 5, 0x55eb1dcbe424, 0) = 0");
}

TEST_F(TraceTest, Controls) {
  Winsize size = {24, 80, 0, 0};
  u64 address = program_.Put(size);
  EXPECT_EQ(Line(Syscall::ioctl, {1, kTIOCGWINSZ, address}, 0),
            "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0");
  EXPECT_EQ(Line(Syscall::ioctl, {1, kTIOCGWINSZ, 0x7ffdd6026c08}, -kENOTTY),
            "ioctl(1, TIOCGWINSZ, 0x7ffdd6026c08)    = -1 ENOTTY (Inappropriate ioctl for device)");
  EXPECT_EQ(Line(Syscall::ioctl, {4, kFIONBIO, program_.Put(i32{1})}, 0), "ioctl(4, FIONBIO, [1])                  = 0");
  EXPECT_EQ(Line(Syscall::ioctl, {4, 0xdead, 0x7ffdd6026c04}, -kENOTTY),
            "ioctl(4, _IOC(_IOC_NONE, 0xde, 0xad, 0), 0x7ffdd6026c04) = -1 ENOTTY (Inappropriate ioctl for device)");
  Termios mode = {
      .iflag = kICRNL | kIXON, .oflag = kOPOST | kONLCR, .cflag = kB38400 | kCS8 | kCREAD, .lflag = kISIG | kICANON | kECHO};
  EXPECT_EQ(
      Line(Syscall::ioctl, {0, kTCGETS, program_.Put(mode)}, 0),
      "ioctl(0, TCGETS, {c_iflag=ICRNL|IXON, c_oflag=OPOST|ONLCR, c_cflag=B38400|CS8|CREAD, c_lflag=ISIG|ICANON|ECHO, ...}) = 0");
  u64 name = program_.PutText("hello");
  EXPECT_EQ(Line(Syscall::prctl, {kPR_SET_NAME, name}, 0), R"(prctl(PR_SET_NAME, "hello")             = 0)");
  EXPECT_EQ(Line(Syscall::prctl, {kPR_SET_NO_NEW_PRIVS, 1, 0, 0, 0}, 0), "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  = 0");
  EXPECT_EQ(Line(Syscall::prctl, {kPR_SET_TAGGED_ADDR_CTRL, 0x7fff3, 0, 0, 0}, 0),
            "prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_SYNC|0xfffe<<PR_MTE_TAG_SHIFT, 0, 0, 0) = 0");
  EXPECT_EQ(Line(Syscall::prctl, {9999, 1, 2, 3, 4}, -kEINVAL),
            "prctl(0x270f /* PR_??? */, 0x1, 0x2, 0x3, 0x4) = -1 EINVAL (Invalid argument)");
  EXPECT_EQ(Line(Syscall::arch_prctl, {x86_64::kARCH_SET_FS, 0x7f7b82a61740}, 0), "arch_prctl(ARCH_SET_FS, 0x7f7b82a61740) = 0");
  EXPECT_EQ(Line(Syscall::arch_prctl, {x86_64::kARCH_GET_FS, program_.Put(u64{0x7f7b82a61740})}, 0),
            "arch_prctl(ARCH_GET_FS, [0x7f7b82a61740]) = 0");
  EXPECT_EQ(Line(Syscall::prlimit64, {0, kRLIMIT_STACK, 0, program_.Put(Rlimit64{8192 * 1024, kRLIM64_INFINITY})}, 0),
            "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0");
  EXPECT_EQ(Line(Syscall::rseq, {0x7ff804571060, 32, 0, 0x53053053}, 0), "rseq(0x7ff804571060, 0x20, 0, 0x53053053) = 0");
  Utsname names;
  std::strcpy(names.sysname, "Linux");
  std::strcpy(names.nodename, "vm");
  EXPECT_EQ(Line(Syscall::uname, {program_.Put(names)}, 0), R"(uname({sysname="Linux", nodename="vm", ...}) = 0)");
  u64 processors = program_.Put(u64{3});
  EXPECT_EQ(Line(Syscall::sched_getaffinity, {0, 128, processors}, 8), "sched_getaffinity(0, 128, [0 1])        = 8");
  EXPECT_EQ(Line(Syscall::sched_getscheduler, {0}, 0), "sched_getscheduler(0)                   = 0 (SCHED_OTHER)");
}

TEST_F(TraceTest, Times) {
  u64 time = program_.Put(Timespec{3014, 384226800});
  EXPECT_EQ(Line(Syscall::clock_gettime, {kCLOCK_MONOTONIC, time}, 0),
            "clock_gettime(CLOCK_MONOTONIC, {tv_sec=3014, tv_nsec=384226800}) = 0");
  program_.Set(time, Timespec{0, 1000});
  EXPECT_EQ(Line(Syscall::clock_nanosleep, {kCLOCK_REALTIME, 0, time, 0x7ffdd6028370}, 0),
            "clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=1000}, 0x7ffdd6028370) = 0");
  EXPECT_EQ(Line(Syscall::clock_nanosleep, {kCLOCK_MONOTONIC, kTIMER_ABSTIME, time, 0}, 0),
            "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=0, tv_nsec=1000}, NULL) = 0");
  Timespec both[2] = {{0, kUtimeNow}, {5, 6}};
  EXPECT_EQ(Line(Syscall::utimensat, {3, 0, program_.Put(both), 0}, 0),
            "utimensat(3, NULL, [UTIME_NOW, {tv_sec=5, tv_nsec=6}], 0) = 0");
  EXPECT_EQ(Line(Syscall::setitimer, {kITIMER_REAL, program_.Put(Itimerval{{0, 0}, {10, 5}}), 0}, 0),
            "setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=10, tv_usec=5}}, NULL) = 0");
  EXPECT_EQ(Line(Syscall::timerfd_create, {kCLOCK_MONOTONIC, kTFD_CLOEXEC | kTFD_NONBLOCK}, 19),
            "timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC|TFD_NONBLOCK) = 19");
}

TEST_F(TraceTest, Sockets) {
  EXPECT_EQ(Line(Syscall::socket, {kAF_INET, kSOCK_STREAM | kSOCK_CLOEXEC, kIPPROTO_TCP}, 9),
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 9");
  EXPECT_EQ(Line(Syscall::socket, {kAF_UNIX, kSOCK_STREAM, 0}, 15), "socket(AF_UNIX, SOCK_STREAM, 0)         = 15");
  u64 one = program_.Put(i32{1});
  EXPECT_EQ(Line(Syscall::setsockopt, {9, kSOL_SOCKET, kSO_REUSEADDR, one, 4}, 0),
            "setsockopt(9, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0");
  EXPECT_EQ(Line(Syscall::setsockopt, {9, kSOL_TCP, kTCP_NODELAY, one, 4}, 0), "setsockopt(9, SOL_TCP, TCP_NODELAY, [1], 4) = 0");
  SockaddrIn in = {.family = kAF_INET, .port = 0x5000, .addr = 0x0100007f};
  u64 address = program_.Put(in), length = program_.Put(u32{16});
  EXPECT_EQ(Line(Syscall::bind, {9, address, 16}, 0),
            R"(bind(9, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0)");
  EXPECT_EQ(Line(Syscall::accept, {9, address, length}, 13),
            R"(accept(9, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [16]) = 13)");
  EXPECT_EQ(Line(Syscall::accept4, {9, 0, 0, kSOCK_CLOEXEC | kSOCK_NONBLOCK}, -kEAGAIN),
            "accept4(9, NULL, NULL, SOCK_CLOEXEC|SOCK_NONBLOCK) = -1 EAGAIN (Resource temporarily unavailable)");
  program_.Set(length, u32{4});
  EXPECT_EQ(Line(Syscall::getpeername, {12, address, length}, 0, [&] { program_.Set(length, u32{16}); }),
            R"(getpeername(12, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [4 => 16]) = 0)");
  SockaddrIn6 six = {.family = kAF_INET6, .port = 0x5000};
  EXPECT_EQ(
      Line(Syscall::bind, {12, program_.Put(six), 28}, 0),
      R"(bind(12, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::", &sin6_addr), sin6_scope_id=0}, 28) = 0)");
  for (auto [bytes, text] : {std::pair{"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1"},
                             {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "::1"},
                             {"\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0", "1:0:0:1::"},
                             {"\0\1\0\2\0\3\0\4\0\5\0\0\0\7\0\x8", "1:2:3:4:5:0:7:8"}}) {
    std::memcpy(six.addr, bytes, 16);
    EXPECT_NE(Line(Syscall::bind, {12, program_.Put(six), 28}, 0).find("\"" + std::string(text) + "\""), std::string::npos)
        << text;
  }
  SockaddrUn un = {.family = kAF_UNIX};
  std::strcpy(un.path, "/tmp/sock");
  EXPECT_EQ(Line(Syscall::connect, {15, program_.Put(un), 110}, -kENOENT),
            R"(connect(15, {sa_family=AF_UNIX, sun_path="/tmp/sock"}, 110) = -1 ENOENT (No such file or directory))");
  EXPECT_EQ(Line(Syscall::connect, {15, program_.PutText(std::string_view("\1\0\0abc", 6)), 6}, 0),
            R"(connect(15, {sa_family=AF_UNIX, sun_path=@"abc"}, 6) = 0)");
  program_.Set(length, u32{8});
  EXPECT_EQ(Line(Syscall::getsockopt, {9, kSOL_SOCKET, kSO_LINGER, program_.Put(Linger{1, 5}), length}, 0),
            "getsockopt(9, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, [8]) = 0");
  u64 data = program_.PutText("hi there");
  EXPECT_EQ(Line(Syscall::sendto, {12, data, 8, kMSG_NOSIGNAL, 0, 0}, 8),
            R"(sendto(12, "hi there", 8, MSG_NOSIGNAL, NULL, 0) = 8)");
  EXPECT_EQ(Line(Syscall::recvfrom, {13, data, 100, kMSG_DONTWAIT, 0, 0}, 8),
            R"(recvfrom(13, "hi there", 100, MSG_DONTWAIT, NULL, NULL) = 8)");
  u64 pieces = program_.Put(Iovec{data, 8});
  Msghdr message = {.iov = pieces, .iovlen = 1};
  EXPECT_EQ(
      Line(Syscall::sendmsg, {16, program_.Put(message), 0}, 8),
      R"(sendmsg(16, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hi there", iov_len=8}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 8)");
  EXPECT_EQ(Line(Syscall::shutdown, {12, kSHUT_RDWR}, 0), "shutdown(12, SHUT_RDWR)                 = 0");
}

TEST_F(TraceTest, Measures) {
  Rusage usage;
  usage.stime.usec = 3126;
  EXPECT_EQ(Line(Syscall::getrusage, {0, program_.Put(usage)}, 0),
            "getrusage(RUSAGE_SELF, {ru_utime={tv_sec=0, tv_usec=0}, ru_stime={tv_sec=0, tv_usec=3126}, ...}) = 0");
  EXPECT_EQ(Line(Syscall::times, {program_.Put(Tms{1, 2, 3, 4})}, 99),
            "times({tms_utime=1, tms_stime=2, tms_cutime=3, tms_cstime=4}) = 99");
  Sysinfo info = {.uptime = 3015, .totalram = 1024, .procs = 94, .mem_unit = 1};
  EXPECT_EQ(Line(Syscall::sysinfo, {program_.Put(info)}, 0),
            "sysinfo({uptime=3015, loads=[0, 0, 0], totalram=1024, freeram=0, sharedram=0, bufferram=0, totalswap=0, freeswap=0, "
            "procs=94, "
            "totalhigh=0, freehigh=0, mem_unit=1}) = 0");
  Statfs fs = {.type = kPROC_SUPER_MAGIC, .bsize = 4096, .fsid = {0x15, 0}, .namelen = 255, .frsize = 4096};
  EXPECT_EQ(Line(Syscall::fstatfs, {3, program_.Put(fs)}, 0),
            "fstatfs(3, {f_type=PROC_SUPER_MAGIC, f_bsize=4096, f_blocks=0, f_bfree=0, f_bavail=0, f_files=0, f_ffree=0, "
            "f_fsid={val=[0x15, 0]}, f_namelen=255, f_frsize=4096, f_flags=0}) = 0");
}

TEST_F(TraceTest, UnknownCallsAndErrors) {
  EXPECT_EQ(Whole({Arch::kX86_64, 500, {1, 2, 3, 4, 5, 6}}, -kENOSYS),
            "syscall_0x1f4(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)");
  EXPECT_EQ(Line(Syscall::close, {3}, -3000), "close(3)                                = -1 3000");
}

TEST_F(TraceTest, EveryCallIsWrittenWhateverItsArguments) {
  u64 readable = program_.Put(u64{0x4141414141414141});
  for (Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    arch_ = arch;
    for (size_t i = 0; i < kSyscallCount; i++) {
      auto call = static_cast<Syscall>(i);
      if (EntryOf(call).number(arch) < 0) continue;
      for (u64 argument : {u64{0}, u64{1}, kBad, readable, ~u64{0}, u64{0x8000000000000000}}) {
        for (i64 result : {i64{0}, i64{1}, i64{1} << 40, i64{-1}, i64{-kEFAULT}, i64{-kERESTARTSYS}}) {
          std::string line = Line(call, {argument, argument, argument, argument, argument, argument}, result);
          EXPECT_TRUE(line.starts_with(std::string(NameOf(call)) + "(")) << line;
          EXPECT_NE(line.find(") "), std::string::npos) << line;
          EXPECT_NE(line.find("= "), std::string::npos) << line;
          EXPECT_EQ(line.find('\n'), std::string::npos) << line;
        }
      }
    }
  }
}

TEST(TraceSignal, NamesCauseAndPlace) {
  StringSink sink;
  Siginfo info;
  info.signo = kSIGSEGV;
  info.code = kSEGV_MAPERR;
  info.fault.addr = 0x10;
  TraceSignal(sink, info);
  EXPECT_EQ(sink.text_, "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---");
  sink.text_.clear();
  Siginfo sent;
  sent.signo = kSIGUSR1;
  sent.code = kSI_USER;
  sent.kill = {16769, 0};
  TraceSignal(sink, sent);
  EXPECT_EQ(sink.text_, "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=16769, si_uid=0} ---");
}

TEST(TraceEnd, TellsHow) {
  StringSink sink;
  TraceEnd(sink, 3 << 8);
  sink.text_ += '\n';
  TraceEnd(sink, 9);
  EXPECT_EQ(sink.text_, "+++ exited with 3 +++\n+++ killed by SIGKILL +++");
}

}  // namespace
}  // namespace caponier::linux_abi
