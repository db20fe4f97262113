// Structures whose kernel form only the C library's headers show.
#include <dirent.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/linux_abi/conformance/check.h"
#include "lib/linux_abi/types.h"

CHECK_MEMBER(abi::Dirent64, ino, struct dirent64, d_ino)
CHECK_MEMBER(abi::Dirent64, off, struct dirent64, d_off)
CHECK_MEMBER(abi::Dirent64, reclen, struct dirent64, d_reclen)
CHECK_MEMBER(abi::Dirent64, type, struct dirent64, d_type)
static_assert(abi::Dirent64::kNameOffset == __builtin_offsetof(struct dirent64, d_name));
CHECK_SIZE(abi::SchedParam, struct sched_param)

CHECK_SIZE(abi::SockaddrIn, struct sockaddr_in)
CHECK_MEMBER(abi::SockaddrIn, port, struct sockaddr_in, sin_port)
CHECK_MEMBER(abi::SockaddrIn, addr, struct sockaddr_in, sin_addr)
CHECK_SIZE(abi::SockaddrIn6, struct sockaddr_in6)
CHECK_MEMBER(abi::SockaddrIn6, addr, struct sockaddr_in6, sin6_addr)
CHECK_MEMBER(abi::SockaddrIn6, scope_id, struct sockaddr_in6, sin6_scope_id)
CHECK_SIZE(abi::SockaddrUn, struct sockaddr_un)
CHECK_MEMBER(abi::SockaddrUn, path, struct sockaddr_un, sun_path)
CHECK_SIZE(abi::Msghdr, struct msghdr)
CHECK_MEMBER(abi::Msghdr, namelen, struct msghdr, msg_namelen)
CHECK_MEMBER(abi::Msghdr, iov, struct msghdr, msg_iov)
CHECK_MEMBER(abi::Msghdr, iovlen, struct msghdr, msg_iovlen)
CHECK_MEMBER(abi::Msghdr, control, struct msghdr, msg_control)
CHECK_MEMBER(abi::Msghdr, controllen, struct msghdr, msg_controllen)
CHECK_MEMBER(abi::Msghdr, flags, struct msghdr, msg_flags)
CHECK_SIZE(abi::Mmsghdr, struct mmsghdr)
CHECK_MEMBER(abi::Mmsghdr, len, struct mmsghdr, msg_len)
static_assert(sizeof(abi::Cmsghdr) == sizeof(struct cmsghdr));
CHECK_MEMBER(abi::Cmsghdr, level, struct cmsghdr, cmsg_level)
CHECK_MEMBER(abi::Cmsghdr, type, struct cmsghdr, cmsg_type)
CHECK_SIZE(abi::Linger, struct linger)
CHECK_SIZE(abi::Ucred, struct ucred)
