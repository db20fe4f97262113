// Sockets: families, types, options and message flags.
//
// Every constant keeps its Linux name behind a k. Each list below defines the constants, names them for traces (trace.h), and is
// checked, entry by entry and for both architectures, against the system's headers (conformance/).
#pragma once

#include "lib/linux_abi/constant.h"

// socket(2).
#define CAPONIER_LINUX_ADDRESS_FAMILIES(X) \
  X(AF_UNSPEC, 0) \
  X(AF_UNIX, 1) \
  X(AF_INET, 2) \
  X(AF_INET6, 10) \
  X(AF_NETLINK, 16) \
  X(AF_PACKET, 17) \
  X(AF_VSOCK, 40)

// socket(2), the low bits of the type.
#define CAPONIER_LINUX_SOCKET_TYPES(X) \
  X(SOCK_STREAM, 1) \
  X(SOCK_DGRAM, 2) \
  X(SOCK_RAW, 3) \
  X(SOCK_SEQPACKET, 5)

// socket(2), added to the type; accept4(2).
#define CAPONIER_LINUX_SOCKET_FLAGS(X) \
  X(SOCK_CLOEXEC, 02000000) \
  X(SOCK_NONBLOCK, 04000)

// socket(2), the protocol of AF_INET.
#define CAPONIER_LINUX_IP_PROTOCOLS(X) \
  X(IPPROTO_IP, 0) \
  X(IPPROTO_ICMP, 1) \
  X(IPPROTO_TCP, 6) \
  X(IPPROTO_UDP, 17) \
  X(IPPROTO_IPV6, 41) \
  X(IPPROTO_ICMPV6, 58) \
  X(IPPROTO_RAW, 255)

// setsockopt(2), levels.
#define CAPONIER_LINUX_SOCKET_LEVELS(X) \
  X(SOL_IP, 0) \
  X(SOL_SOCKET, 1) \
  X(SOL_TCP, 6) \
  X(SOL_IPV6, 41) \
  X(SOL_RAW, 255)

// setsockopt(2), SOL_SOCKET.
#define CAPONIER_LINUX_SOCKET_OPTIONS(X) \
  X(SO_DEBUG, 1) \
  X(SO_REUSEADDR, 2) \
  X(SO_TYPE, 3) \
  X(SO_ERROR, 4) \
  X(SO_DONTROUTE, 5) \
  X(SO_BROADCAST, 6) \
  X(SO_SNDBUF, 7) \
  X(SO_RCVBUF, 8) \
  X(SO_KEEPALIVE, 9) \
  X(SO_OOBINLINE, 10) \
  X(SO_PRIORITY, 12) \
  X(SO_LINGER, 13) \
  X(SO_REUSEPORT, 15) \
  X(SO_PASSCRED, 16) \
  X(SO_PEERCRED, 17) \
  X(SO_RCVLOWAT, 18) \
  X(SO_SNDLOWAT, 19) \
  X(SO_RCVTIMEO, 20) \
  X(SO_SNDTIMEO, 21) \
  X(SO_BINDTODEVICE, 25) \
  X(SO_TIMESTAMP, 29) \
  X(SO_ACCEPTCONN, 30) \
  X(SO_PROTOCOL, 38) \
  X(SO_DOMAIN, 39) \
  X(SO_INCOMING_CPU, 49)

// setsockopt(2), SOL_TCP.
#define CAPONIER_LINUX_TCP_OPTIONS(X) \
  X(TCP_NODELAY, 1) \
  X(TCP_MAXSEG, 2) \
  X(TCP_CORK, 3) \
  X(TCP_KEEPIDLE, 4) \
  X(TCP_KEEPINTVL, 5) \
  X(TCP_KEEPCNT, 6) \
  X(TCP_SYNCNT, 7) \
  X(TCP_LINGER2, 8) \
  X(TCP_DEFER_ACCEPT, 9) \
  X(TCP_WINDOW_CLAMP, 10) \
  X(TCP_INFO, 11) \
  X(TCP_QUICKACK, 12) \
  X(TCP_CONGESTION, 13) \
  X(TCP_USER_TIMEOUT, 18) \
  X(TCP_FASTOPEN, 23)

// send(2), recv(2).
#define CAPONIER_LINUX_MESSAGE_FLAGS(X) \
  X(MSG_OOB, 0x1) \
  X(MSG_PEEK, 0x2) \
  X(MSG_DONTROUTE, 0x4) \
  X(MSG_CTRUNC, 0x8) \
  X(MSG_TRUNC, 0x20) \
  X(MSG_DONTWAIT, 0x40) \
  X(MSG_EOR, 0x80) \
  X(MSG_WAITALL, 0x100) \
  X(MSG_CONFIRM, 0x800) \
  X(MSG_ERRQUEUE, 0x2000) \
  X(MSG_NOSIGNAL, 0x4000) \
  X(MSG_MORE, 0x8000) \
  X(MSG_WAITFORONE, 0x10000) \
  X(MSG_CMSG_CLOEXEC, 0x40000000)

// shutdown(2).
#define CAPONIER_LINUX_SHUTDOWN_HOW(X) \
  X(SHUT_RD, 0) \
  X(SHUT_WR, 1) \
  X(SHUT_RDWR, 2)

// All of the above: only what stands here is defined, and everything that is defined is checked.
#define CAPONIER_LINUX_SOCKET_FLAGS_ALL(X) \
  CAPONIER_LINUX_ADDRESS_FAMILIES(X) \
  CAPONIER_LINUX_SOCKET_TYPES(X) \
  CAPONIER_LINUX_SOCKET_FLAGS(X) \
  CAPONIER_LINUX_IP_PROTOCOLS(X) \
  CAPONIER_LINUX_SOCKET_LEVELS(X) \
  CAPONIER_LINUX_SOCKET_OPTIONS(X) \
  CAPONIER_LINUX_TCP_OPTIONS(X) \
  CAPONIER_LINUX_MESSAGE_FLAGS(X) \
  CAPONIER_LINUX_SHUTDOWN_HOW(X)
#define CAPONIER_LINUX_SOCKET_FLAGS_ALL_BY_ARCH(X)
#define CAPONIER_LINUX_SOCKET_FLAGS_ALL_X86_64(X)
#define CAPONIER_LINUX_SOCKET_FLAGS_ALL_AARCH64(X)

namespace caponier::linux_abi {
CAPONIER_LINUX_SOCKET_FLAGS_ALL(CAPONIER_ABI_CONSTANT)
}  // namespace caponier::linux_abi
