// Structures whose kernel form has a public header.
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/termios.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/futex.h>
#include <linux/inotify.h>
#include <linux/openat2.h>
#include <linux/resource.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/uio.h>
#include <linux/utime.h>
#include <linux/utsname.h>

#include <type_traits>

#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/conformance/check.h"

CHECK_SIZE(abi::Timespec, struct timespec)
CHECK_MEMBER(abi::Timespec, sec, struct timespec, tv_sec)
CHECK_MEMBER(abi::Timespec, nsec, struct timespec, tv_nsec)
CHECK_SIZE(abi::Timeval, struct timeval)
CHECK_MEMBER(abi::Timeval, usec, struct timeval, tv_usec)
CHECK_SIZE(abi::Itimerspec, struct itimerspec)
CHECK_MEMBER(abi::Itimerspec, value, struct itimerspec, it_value)
CHECK_SIZE(abi::Itimerval, struct itimerval)
CHECK_MEMBER(abi::Itimerval, value, struct itimerval, it_value)
CHECK_SIZE(abi::Timezone, struct timezone)
CHECK_SIZE(abi::Tms, struct tms)
CHECK_MEMBER(abi::Tms, cutime, struct tms, tms_cutime)
CHECK_MEMBER(abi::Tms, cstime, struct tms, tms_cstime)

CHECK_SIZE(native::Stat, struct stat)
CHECK_MEMBER(native::Stat, dev, struct stat, st_dev)
CHECK_MEMBER(native::Stat, ino, struct stat, st_ino)
CHECK_MEMBER(native::Stat, nlink, struct stat, st_nlink)
CHECK_MEMBER(native::Stat, mode, struct stat, st_mode)
CHECK_MEMBER(native::Stat, uid, struct stat, st_uid)
CHECK_MEMBER(native::Stat, gid, struct stat, st_gid)
CHECK_MEMBER(native::Stat, rdev, struct stat, st_rdev)
CHECK_MEMBER(native::Stat, size, struct stat, st_size)
CHECK_MEMBER(native::Stat, blksize, struct stat, st_blksize)
CHECK_MEMBER(native::Stat, blocks, struct stat, st_blocks)
CHECK_MEMBER(native::Stat, atime.sec, struct stat, st_atime)
CHECK_MEMBER(native::Stat, atime.nsec, struct stat, st_atime_nsec)
CHECK_MEMBER(native::Stat, mtime.sec, struct stat, st_mtime)
CHECK_MEMBER(native::Stat, ctime.sec, struct stat, st_ctime)
CHECK_MEMBER(native::Stat, ctime.nsec, struct stat, st_ctime_nsec)

CHECK_SIZE(abi::StatxTimestamp, struct statx_timestamp)
CHECK_SIZE(abi::Statx, struct statx)
CHECK_MEMBER(abi::Statx, mask, struct statx, stx_mask)
CHECK_MEMBER(abi::Statx, blksize, struct statx, stx_blksize)
CHECK_MEMBER(abi::Statx, attributes, struct statx, stx_attributes)
CHECK_MEMBER(abi::Statx, nlink, struct statx, stx_nlink)
CHECK_MEMBER(abi::Statx, uid, struct statx, stx_uid)
CHECK_MEMBER(abi::Statx, gid, struct statx, stx_gid)
CHECK_MEMBER(abi::Statx, mode, struct statx, stx_mode)
CHECK_MEMBER(abi::Statx, ino, struct statx, stx_ino)
CHECK_MEMBER(abi::Statx, size, struct statx, stx_size)
CHECK_MEMBER(abi::Statx, blocks, struct statx, stx_blocks)
CHECK_MEMBER(abi::Statx, attributes_mask, struct statx, stx_attributes_mask)
CHECK_MEMBER(abi::Statx, atime, struct statx, stx_atime)
CHECK_MEMBER(abi::Statx, btime, struct statx, stx_btime)
CHECK_MEMBER(abi::Statx, ctime, struct statx, stx_ctime)
CHECK_MEMBER(abi::Statx, mtime, struct statx, stx_mtime)
CHECK_MEMBER(abi::Statx, rdev_major, struct statx, stx_rdev_major)
CHECK_MEMBER(abi::Statx, dev_minor, struct statx, stx_dev_minor)
CHECK_MEMBER(abi::Statx, mnt_id, struct statx, stx_mnt_id)

CHECK_SIZE(abi::Statfs, struct statfs)
CHECK_MEMBER(abi::Statfs, type, struct statfs, f_type)
CHECK_MEMBER(abi::Statfs, bsize, struct statfs, f_bsize)
CHECK_MEMBER(abi::Statfs, blocks, struct statfs, f_blocks)
CHECK_MEMBER(abi::Statfs, ffree, struct statfs, f_ffree)
CHECK_MEMBER(abi::Statfs, fsid, struct statfs, f_fsid)
CHECK_MEMBER(abi::Statfs, namelen, struct statfs, f_namelen)
CHECK_MEMBER(abi::Statfs, frsize, struct statfs, f_frsize)
CHECK_MEMBER(abi::Statfs, flags, struct statfs, f_flags)

CHECK_SIZE(abi::Iovec, struct iovec)
CHECK_MEMBER(abi::Iovec, len, struct iovec, iov_len)
CHECK_SIZE(abi::Pollfd, struct pollfd)
CHECK_MEMBER(abi::Pollfd, events, struct pollfd, events)
CHECK_MEMBER(abi::Pollfd, revents, struct pollfd, revents)
CHECK_SIZE(abi::Flock, struct flock)
CHECK_MEMBER(abi::Flock, type, struct flock, l_type)
CHECK_MEMBER(abi::Flock, whence, struct flock, l_whence)
CHECK_MEMBER(abi::Flock, start, struct flock, l_start)
CHECK_MEMBER(abi::Flock, len, struct flock, l_len)
CHECK_MEMBER(abi::Flock, pid, struct flock, l_pid)
CHECK_SIZE(abi::OpenHow, struct open_how)
CHECK_MEMBER(abi::OpenHow, resolve, struct open_how, resolve)
CHECK_SIZE(abi::Utimbuf, struct utimbuf)

CHECK_SIZE(abi::Rusage, struct rusage)
CHECK_MEMBER(abi::Rusage, stime, struct rusage, ru_stime)
CHECK_MEMBER(abi::Rusage, maxrss, struct rusage, ru_maxrss)
CHECK_MEMBER(abi::Rusage, majflt, struct rusage, ru_majflt)
CHECK_MEMBER(abi::Rusage, nivcsw, struct rusage, ru_nivcsw)
CHECK_SIZE(abi::Rlimit64, struct rlimit64)
CHECK_MEMBER(abi::Rlimit64, max, struct rlimit64, rlim_max)
CHECK_SIZE(abi::Utsname, struct new_utsname)
CHECK_MEMBER(abi::Utsname, release, struct new_utsname, release)
CHECK_MEMBER(abi::Utsname, machine, struct new_utsname, machine)
CHECK_MEMBER(abi::Utsname, domainname, struct new_utsname, domainname)
CHECK_SIZE(abi::Sysinfo, struct sysinfo)
CHECK_MEMBER(abi::Sysinfo, totalram, struct sysinfo, totalram)
CHECK_MEMBER(abi::Sysinfo, freeswap, struct sysinfo, freeswap)
CHECK_MEMBER(abi::Sysinfo, procs, struct sysinfo, procs)
CHECK_MEMBER(abi::Sysinfo, totalhigh, struct sysinfo, totalhigh)
CHECK_MEMBER(abi::Sysinfo, mem_unit, struct sysinfo, mem_unit)
CHECK_SIZE(abi::CloneArgs, struct clone_args)
CHECK_MEMBER(abi::CloneArgs, exit_signal, struct clone_args, exit_signal)
CHECK_MEMBER(abi::CloneArgs, stack_size, struct clone_args, stack_size)
CHECK_MEMBER(abi::CloneArgs, tls, struct clone_args, tls)
CHECK_MEMBER(abi::CloneArgs, cgroup, struct clone_args, cgroup)
static_assert(abi::kCloneArgsSizeVersion0 == CLONE_ARGS_SIZE_VER0);
CHECK_SIZE(abi::RobustListHead, struct robust_list_head)
CHECK_MEMBER(abi::RobustListHead, futex_offset, struct robust_list_head, futex_offset)
CHECK_MEMBER(abi::RobustListHead, list_op_pending, struct robust_list_head, list_op_pending)
CHECK_SIZE(abi::FutexWaitv, struct futex_waitv)
CHECK_MEMBER(abi::FutexWaitv, flags, struct futex_waitv, flags)
CHECK_SIZE(abi::Rseq, struct rseq)
CHECK_MEMBER(abi::Rseq, cpu_id, struct rseq, cpu_id)
CHECK_MEMBER(abi::Rseq, rseq_cs, struct rseq, rseq_cs)
CHECK_MEMBER(abi::Rseq, flags, struct rseq, flags)
CHECK_SIZE(abi::CapUserHeader, struct __user_cap_header_struct)
CHECK_SIZE(abi::CapUserData, struct __user_cap_data_struct)

CHECK_SIZE(abi::Termios, struct termios)
CHECK_MEMBER(abi::Termios, lflag, struct termios, c_lflag)
CHECK_MEMBER(abi::Termios, line, struct termios, c_line)
CHECK_MEMBER(abi::Termios, cc, struct termios, c_cc)
CHECK_SIZE(abi::Winsize, struct winsize)
CHECK_MEMBER(abi::Winsize, col, struct winsize, ws_col)

CHECK_SIZE(native::EpollEvent, struct epoll_event)
CHECK_MEMBER(native::EpollEvent, events, struct epoll_event, events)
CHECK_MEMBER(native::EpollEvent, data, struct epoll_event, data)
CHECK_SIZE(abi::InotifyEvent, struct inotify_event)
CHECK_MEMBER(abi::InotifyEvent, len, struct inotify_event, len)
CHECK_SIZE(abi::SignalfdSiginfo, struct signalfd_siginfo)
CHECK_MEMBER(abi::SignalfdSiginfo, code, struct signalfd_siginfo, ssi_code)
CHECK_MEMBER(abi::SignalfdSiginfo, status, struct signalfd_siginfo, ssi_status)
CHECK_MEMBER(abi::SignalfdSiginfo, ptr, struct signalfd_siginfo, ssi_ptr)
CHECK_MEMBER(abi::SignalfdSiginfo, addr, struct signalfd_siginfo, ssi_addr)
CHECK_MEMBER(abi::SignalfdSiginfo, syscall, struct signalfd_siginfo, ssi_syscall)
CHECK_MEMBER(abi::SignalfdSiginfo, arch, struct signalfd_siginfo, ssi_arch)

// What the kernel copies out whole has no padding that could carry its memory along.
template <typename... T>
constexpr bool kNoPadding = (std::has_unique_object_representations_v<T> && ...);
static_assert(kNoPadding<abi::Timespec, abi::Timeval, abi::Itimerspec, abi::Itimerval, abi::Tms, native::Stat, abi::Statx,
                         abi::Statfs, abi::Flock, abi::Rusage, abi::Rlimit64, abi::Utsname, abi::Sysinfo, abi::Rseq,
                         abi::CapUserData, abi::Termios, abi::Winsize, native::EpollEvent, abi::SockaddrIn, abi::SockaddrIn6,
                         abi::SockaddrUn, abi::Msghdr, abi::Mmsghdr, abi::Ucred, abi::SignalfdSiginfo, abi::InotifyEvent,
                         abi::StackT, abi::Sigaction, abi::RobustListHead, abi::AuxiliaryEntry>);
