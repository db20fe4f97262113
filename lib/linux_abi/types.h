// Structures that pass between a program and the kernel and are alike on both architectures. Members carry Linux's names without
// their prefix (st_size is size): the system's headers make macros of several full names.
//
// Each is checked member by member against the system's headers of both architectures (conformance/types.cc). Padding is spelled
// out, so that copying a value-initialised one to a program leaks nothing.
#pragma once

#include "lib/base/types.h"

namespace caponier::linux_abi {

// --- time ----------------------------------------------------------------------------------------------------------------------
struct Timespec {
  i64 sec = 0, nsec = 0;
};
struct Timeval {
  i64 sec = 0, usec = 0;
};
struct Itimerspec {
  Timespec interval, value;
};
struct Itimerval {
  Timeval interval, value;
};
struct Timezone {
  i32 minuteswest = 0, dsttime = 0;
};
struct Tms {  // times(2), in clock ticks
  i64 utime = 0, stime = 0, cutime = 0, cstime = 0;
};
inline constexpr u64 kClockTicksPerSecond = 100;  // AT_CLKTCK; the unit of Tms

// --- files ---------------------------------------------------------------------------------------------------------------------
struct StatxTimestamp {
  i64 sec = 0;
  u32 nsec = 0;
  i32 reserved = 0;
};
struct Statx {
  u32 mask = 0, blksize = 0;
  u64 attributes = 0;
  u32 nlink = 0, uid = 0, gid = 0;
  u16 mode = 0, spare0 = 0;
  u64 ino = 0, size = 0, blocks = 0, attributes_mask = 0;
  StatxTimestamp atime, btime, ctime, mtime;
  u32 rdev_major = 0, rdev_minor = 0, dev_major = 0, dev_minor = 0;
  u64 mnt_id = 0;
  u32 dio_mem_align = 0, dio_offset_align = 0;
  u64 spare3[12] = {};
};
struct Statfs {
  i64 type = 0, bsize = 0;
  u64 blocks = 0, bfree = 0, bavail = 0, files = 0, ffree = 0;
  i32 fsid[2] = {};
  i64 namelen = 0, frsize = 0, flags = 0;
  i64 spare[4] = {};
};
// The head of a getdents64(2) record; the name and its NUL follow, and the record is padded to 8 bytes.
struct Dirent64 {
  u64 ino = 0;
  i64 off = 0;
  u16 reclen = 0;
  u8 type = 0;
  static constexpr size_t kNameOffset = 19;
};
struct Iovec {
  u64 base = 0, len = 0;
};
struct Pollfd {
  i32 fd = 0;
  i16 events = 0, revents = 0;
};
struct Flock {
  i16 type = 0, whence = 0;
  i32 padding = 0;
  i64 start = 0, len = 0;
  i32 pid = 0, padding2 = 0;
};
struct OpenHow {
  u64 flags = 0, mode = 0, resolve = 0;
};
struct Utimbuf {
  i64 actime = 0, modtime = 0;
};
inline constexpr size_t kPathMax = 4096;  // bytes with the NUL
inline constexpr size_t kNameMax = 255;   // bytes of one component
inline constexpr size_t kIovMax = 1024;
inline constexpr i64 kUtimeNow = 0x3fffffff, kUtimeOmit = 0x3ffffffe;  // utimensat(2), nsec

// A device number as stat(2) and mknod(2) carry it.
constexpr u64 MakeDevice(u32 major_number, u32 minor_number) {
  return (minor_number & 0xffu) | (u64{major_number & 0xfffu} << 8) | (u64{minor_number & ~0xffu} << 12) |
         (u64{major_number & ~0xfffu} << 32);
}
constexpr u32 DeviceMajor(u64 device) { return static_cast<u32>(((device >> 8) & 0xfff) | ((device >> 32) & ~u64{0xfff})); }
constexpr u32 DeviceMinor(u64 device) { return static_cast<u32>((device & 0xff) | ((device >> 12) & ~u64{0xff})); }

// --- processes -----------------------------------------------------------------------------------------------------------------
struct Rusage {
  Timeval utime, stime;
  i64 maxrss = 0, ixrss = 0, idrss = 0, isrss = 0, minflt = 0, majflt = 0, nswap = 0, inblock = 0, oublock = 0, msgsnd = 0,
      msgrcv = 0, nsignals = 0, nvcsw = 0, nivcsw = 0;
};
struct Rlimit64 {
  u64 cur = 0, max = 0;
};
struct Utsname {  // NUL-ended, zero-filled
  char sysname[65] = {}, nodename[65] = {}, release[65] = {}, version[65] = {}, machine[65] = {}, domainname[65] = {};
};
struct Sysinfo {
  i64 uptime = 0;
  u64 loads[3] = {};
  u64 totalram = 0, freeram = 0, sharedram = 0, bufferram = 0, totalswap = 0, freeswap = 0;
  u16 procs = 0, pad = 0;
  u32 padding = 0;
  u64 totalhigh = 0, freehigh = 0;
  u32 mem_unit = 0, padding2 = 0;
};
struct SchedParam {
  i32 priority = 0;
};
struct CloneArgs {
  u64 flags = 0, pidfd = 0, child_tid = 0, parent_tid = 0, exit_signal = 0, stack = 0, stack_size = 0, tls = 0, set_tid = 0,
      set_tid_size = 0, cgroup = 0;
};
inline constexpr size_t kCloneArgsSizeVersion0 = 64;  // the least clone3(2) takes
struct RobustListHead {
  u64 next = 0;  // of struct robust_list
  i64 futex_offset = 0;
  u64 list_op_pending = 0;
};
struct FutexWaitv {
  u64 val = 0, uaddr = 0;
  u32 flags = 0, reserved = 0;
};
struct Rseq {
  u32 cpu_id_start = 0, cpu_id = 0;
  u64 rseq_cs = 0;
  u32 flags = 0, padding[3] = {};
};
struct CapUserHeader {
  u32 version = 0;
  i32 pid = 0;
};
struct CapUserData {
  u32 effective = 0, permitted = 0, inheritable = 0;
};
struct AuxiliaryEntry {
  u64 type = 0, value = 0;
};

// --- terminals -----------------------------------------------------------------------------------------------------------------
struct Termios {  // the kernel's, of TCGETS; the C library's is longer
  u32 iflag = 0, oflag = 0, cflag = 0, lflag = 0;
  u8 line = 0;
  u8 cc[19] = {};
};
struct Winsize {
  u16 row = 0, col = 0, xpixel = 0, ypixel = 0;
};

// --- sockets -------------------------------------------------------------------------------------------------------------------
struct SockaddrIn {
  u16 family = 0;
  u16 port = 0;  // big-endian
  u32 addr = 0;  // big-endian
  u8 zero[8] = {};
};
struct SockaddrIn6 {
  u16 family = 0;
  u16 port = 0;  // big-endian
  u32 flowinfo = 0;
  u8 addr[16] = {};
  u32 scope_id = 0;
};
struct SockaddrUn {
  u16 family = 0;
  char path[108] = {};
};
struct Msghdr {
  u64 name = 0;
  u32 namelen = 0, padding = 0;
  u64 iov = 0, iovlen = 0, control = 0, controllen = 0;
  i32 flags = 0, padding2 = 0;
};
struct Mmsghdr {
  Msghdr hdr;
  u32 len = 0, padding = 0;
};
struct Cmsghdr {
  u64 len = 0;
  i32 level = 0, type = 0;
};
struct Linger {
  i32 onoff = 0, linger = 0;
};
struct Ucred {
  i32 pid = 0;
  u32 uid = 0, gid = 0;
};

// --- events --------------------------------------------------------------------------------------------------------------------
struct SignalfdSiginfo {
  u32 signo = 0;
  i32 error = 0, code = 0;
  u32 pid = 0, uid = 0;
  i32 fd = 0;
  u32 tid = 0, band = 0, overrun = 0, trapno = 0;
  i32 status = 0, int_value = 0;
  u64 ptr = 0, utime = 0, stime = 0, addr = 0;
  u16 addr_lsb = 0, pad2 = 0;
  i32 syscall = 0;
  u64 call_addr = 0;
  u32 arch = 0;
  u8 pad[28] = {};
};
struct InotifyEvent {  // the name follows, `len` bytes with its padding
  i32 wd = 0;
  u32 mask = 0, cookie = 0, len = 0;
};

// --- System V's and POSIX' objects ---------------------------------------------------------------------------------------------
struct IpcPerm {
  i32 key = 0;
  u32 uid = 0, gid = 0, cuid = 0, cgid = 0;
  u32 mode = 0;
  u16 seq = 0, padding = 0;
  u32 padding2 = 0;
  u64 unused[2] = {};
};
struct ShmidDs {
  IpcPerm perm;
  u64 segsz = 0;
  i64 atime = 0, dtime = 0, ctime = 0;
  i32 cpid = 0, lpid = 0;
  u64 nattch = 0;
  u64 unused[2] = {};
};
struct Shminfo {
  u64 shmmax = 0, shmmin = 0, shmmni = 0, shmseg = 0, shmall = 0;
  u64 unused[4] = {};
};
struct ShmInfo {
  i32 used_ids = 0, padding = 0;
  u64 shm_tot = 0, shm_rss = 0, shm_swp = 0, swap_attempts = 0, swap_successes = 0;
};
struct Sembuf {
  u16 num = 0;
  i16 op = 0, flg = 0;
};
struct Seminfo {
  i32 semmap = 0, semmni = 0, semmns = 0, semmnu = 0, semmsl = 0, semopm = 0, semume = 0, semusz = 0, semvmx = 0, semaem = 0;
};
struct MsqidDs {
  IpcPerm perm;
  i64 stime = 0, rtime = 0, ctime = 0;
  u64 cbytes = 0, qnum = 0, qbytes = 0;
  i32 lspid = 0, lrpid = 0;
  u64 unused[2] = {};
};
struct Msginfo {
  i32 msgpool = 0, msgmap = 0, msgmax = 0, msgmnb = 0, msgmni = 0, msgssz = 0, msgtql = 0;
  u16 msgseg = 0, padding = 0;
};
struct MqAttr {
  i64 flags = 0, maxmsg = 0, msgsize = 0, curmsgs = 0;
  i64 unused[4] = {};
};

// --- signals -------------------------------------------------------------------------------------------------------------------
struct StackT {
  u64 sp = 0;
  i32 flags = 0, padding = 0;
  u64 size = 0;
};
// rt_sigaction(2) as the kernel takes it. AArch64's C libraries pass the restorer's place too, and no SA_RESTORER.
struct Sigaction {
  u64 handler = 0, flags = 0, restorer = 0, mask = 0;
};
inline constexpr u64 kSigDfl = 0, kSigIgn = 1;  // Sigaction::handler
inline constexpr size_t kSigsetBytes = 8;       // the only size rt_sigprocmask(2) takes

// 128 bytes: a head, then members that depend on the signal.
struct Siginfo {
  i32 signo = 0, error = 0, code = 0, padding = 0;
  struct Kill {
    i32 pid;
    u32 uid;
  };
  struct Timer {
    i32 tid, overrun;
    u64 value;
    i32 sys_private;
  };
  struct Queued {
    i32 pid;
    u32 uid;
    u64 value;
  };
  struct Child {
    i32 pid;
    u32 uid;
    i32 status, padding;
    i64 utime, stime;
  };
  struct Fault {
    u64 addr;
    i16 addr_lsb;
    i16 padding[3];
    union {
      struct {
        u64 lower, upper;
      } bounds;
      u32 pkey;
    };
  };
  struct Poll {
    i64 band;
    i32 fd;
  };
  struct Sys {
    u64 call_addr;
    i32 syscall;
    u32 arch;
  };
  union {
    u64 words[14] = {};
    Kill kill;
    Timer timer;
    Queued queued;
    Child child;
    Fault fault;
    Poll poll;
    Sys sys;
  };
};
static_assert(sizeof(Siginfo) == 128);

struct Sigevent {
  u64 value = 0;
  i32 signo = 0, notify = 0, tid = 0;
  i32 padding[11] = {};
};
static_assert(sizeof(Sigevent) == 64);

}  // namespace caponier::linux_abi
