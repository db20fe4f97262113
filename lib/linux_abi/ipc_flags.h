// System V's shared memory, semaphores and message queues, POSIX message queues, and what moves through pipes: shmget(2), semget(2),
// msgget(2), mq_open(3), splice(2).
//
// Every constant keeps its Linux name behind a k. Each list below defines the constants, and is checked, entry by entry and for both
// architectures, against the system's headers (conformance/).
#pragma once

#include "lib/linux_abi/constant.h"

// shmget(2), semget(2), msgget(2).
#define CAPONIER_LINUX_IPC_FLAGS(X) \
  X(IPC_CREAT, 01000) \
  X(IPC_EXCL, 02000) \
  X(IPC_NOWAIT, 04000) \
  X(IPC_PRIVATE, 0)

// shmctl(2), semctl(2), msgctl(2).
#define CAPONIER_LINUX_IPC_COMMANDS(X) \
  X(IPC_RMID, 0) \
  X(IPC_SET, 1) \
  X(IPC_STAT, 2) \
  X(IPC_INFO, 3)

// shmctl(2).
#define CAPONIER_LINUX_SHM_COMMANDS(X) \
  X(SHM_LOCK, 11) \
  X(SHM_UNLOCK, 12) \
  X(SHM_STAT, 13) \
  X(SHM_INFO, 14) \
  X(SHM_STAT_ANY, 15)

// shmget(2).
#define CAPONIER_LINUX_SHM_FLAGS(X) \
  X(SHM_HUGETLB, 04000) \
  X(SHM_NORESERVE, 010000)

// shmat(2).
#define CAPONIER_LINUX_SHM_ATTACH_FLAGS(X) \
  X(SHM_RDONLY, 010000) \
  X(SHM_RND, 020000) \
  X(SHM_REMAP, 040000) \
  X(SHM_EXEC, 0100000)

// shmid_ds's mode.
#define CAPONIER_LINUX_SHM_STATES(X) \
  X(SHM_DEST, 01000) \
  X(SHM_LOCKED, 02000)

// semctl(2).
#define CAPONIER_LINUX_SEM_COMMANDS(X) \
  X(GETPID, 11) \
  X(GETVAL, 12) \
  X(GETALL, 13) \
  X(GETNCNT, 14) \
  X(GETZCNT, 15) \
  X(SETVAL, 16) \
  X(SETALL, 17) \
  X(SEM_STAT, 18) \
  X(SEM_INFO, 19) \
  X(SEM_STAT_ANY, 20)

// semop(2).
#define CAPONIER_LINUX_SEM_FLAGS(X) X(SEM_UNDO, 0x1000)

// msgctl(2).
#define CAPONIER_LINUX_MSG_COMMANDS(X) \
  X(MSG_STAT, 11) \
  X(MSG_INFO, 12) \
  X(MSG_STAT_ANY, 13)

// msgrcv(2).
#define CAPONIER_LINUX_MSG_FLAGS(X) \
  X(MSG_NOERROR, 010000) \
  X(MSG_EXCEPT, 020000) \
  X(MSG_COPY, 040000)

// splice(2).
#define CAPONIER_LINUX_SPLICE_FLAGS(X) \
  X(SPLICE_F_MOVE, 1) \
  X(SPLICE_F_NONBLOCK, 2) \
  X(SPLICE_F_MORE, 4) \
  X(SPLICE_F_GIFT, 8)

// All of the above: only what stands here is defined, and everything that is defined is checked.
#define CAPONIER_LINUX_IPC_ALL(X) \
  CAPONIER_LINUX_IPC_FLAGS(X) \
  CAPONIER_LINUX_IPC_COMMANDS(X) \
  CAPONIER_LINUX_SHM_COMMANDS(X) \
  CAPONIER_LINUX_SHM_FLAGS(X) \
  CAPONIER_LINUX_SHM_ATTACH_FLAGS(X) \
  CAPONIER_LINUX_SHM_STATES(X) \
  CAPONIER_LINUX_SEM_COMMANDS(X) \
  CAPONIER_LINUX_SEM_FLAGS(X) \
  CAPONIER_LINUX_MSG_COMMANDS(X) \
  CAPONIER_LINUX_MSG_FLAGS(X) \
  CAPONIER_LINUX_SPLICE_FLAGS(X)
#define CAPONIER_LINUX_IPC_ALL_BY_ARCH(X)
#define CAPONIER_LINUX_IPC_ALL_X86_64(X)
#define CAPONIER_LINUX_IPC_ALL_AARCH64(X)

namespace caponier::linux_abi {
CAPONIER_LINUX_IPC_ALL(CAPONIER_ABI_CONSTANT)
}  // namespace caponier::linux_abi
