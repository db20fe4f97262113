// System V's shared memory: constants and structures, as the C library has them.
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "lib/linux_abi/conformance/check.h"
#include "lib/linux_abi/ipc_flags.h"
#include "lib/linux_abi/types.h"

CHECK_ALL_CONSTANTS(CAPONIER_LINUX_IPC)

CHECK_SIZE(abi::IpcPerm, struct ipc_perm)
CHECK_MEMBER(abi::IpcPerm, uid, struct ipc_perm, uid)
CHECK_MEMBER(abi::IpcPerm, cgid, struct ipc_perm, cgid)
CHECK_MEMBER(abi::IpcPerm, seq, struct ipc_perm, __seq)
static_assert(__builtin_offsetof(abi::IpcPerm, key) == __builtin_offsetof(struct ipc_perm, __key));
static_assert(__builtin_offsetof(abi::IpcPerm, mode) == __builtin_offsetof(struct ipc_perm, mode));
CHECK_SIZE(abi::ShmidDs, struct shmid_ds)
CHECK_MEMBER(abi::ShmidDs, segsz, struct shmid_ds, shm_segsz)
CHECK_MEMBER(abi::ShmidDs, atime, struct shmid_ds, shm_atime)
CHECK_MEMBER(abi::ShmidDs, dtime, struct shmid_ds, shm_dtime)
CHECK_MEMBER(abi::ShmidDs, ctime, struct shmid_ds, shm_ctime)
CHECK_MEMBER(abi::ShmidDs, cpid, struct shmid_ds, shm_cpid)
CHECK_MEMBER(abi::ShmidDs, lpid, struct shmid_ds, shm_lpid)
CHECK_MEMBER(abi::ShmidDs, nattch, struct shmid_ds, shm_nattch)
CHECK_SIZE(abi::Shminfo, struct shminfo)
CHECK_MEMBER(abi::Shminfo, shmall, struct shminfo, shmall)
CHECK_SIZE(abi::ShmInfo, struct shm_info)
CHECK_MEMBER(abi::ShmInfo, shm_tot, struct shm_info, shm_tot)
CHECK_MEMBER(abi::ShmInfo, shm_rss, struct shm_info, shm_rss)
