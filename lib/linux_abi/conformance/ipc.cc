// System V's objects and POSIX message queues: constants and structures, as the C library has them.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "lib/linux_abi/arch_types.h"
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
CHECK_SIZE(abi::Sembuf, struct sembuf)
CHECK_MEMBER(abi::Sembuf, num, struct sembuf, sem_num)
CHECK_MEMBER(abi::Sembuf, op, struct sembuf, sem_op)
CHECK_MEMBER(abi::Sembuf, flg, struct sembuf, sem_flg)
CHECK_SIZE(abi::native::SemidDs, struct semid_ds)
CHECK_MEMBER(abi::native::SemidDs, otime, struct semid_ds, sem_otime)
CHECK_MEMBER(abi::native::SemidDs, ctime, struct semid_ds, sem_ctime)
CHECK_MEMBER(abi::native::SemidDs, nsems, struct semid_ds, sem_nsems)
CHECK_SIZE(abi::Seminfo, struct seminfo)
CHECK_MEMBER(abi::Seminfo, semmni, struct seminfo, semmni)
CHECK_MEMBER(abi::Seminfo, semopm, struct seminfo, semopm)
CHECK_MEMBER(abi::Seminfo, semaem, struct seminfo, semaem)
CHECK_SIZE(abi::MsqidDs, struct msqid_ds)
CHECK_MEMBER(abi::MsqidDs, stime, struct msqid_ds, msg_stime)
CHECK_MEMBER(abi::MsqidDs, rtime, struct msqid_ds, msg_rtime)
CHECK_MEMBER(abi::MsqidDs, ctime, struct msqid_ds, msg_ctime)
CHECK_MEMBER(abi::MsqidDs, qnum, struct msqid_ds, msg_qnum)
CHECK_MEMBER(abi::MsqidDs, qbytes, struct msqid_ds, msg_qbytes)
CHECK_MEMBER(abi::MsqidDs, lspid, struct msqid_ds, msg_lspid)
CHECK_MEMBER(abi::MsqidDs, lrpid, struct msqid_ds, msg_lrpid)
CHECK_MEMBER(abi::MsqidDs, cbytes, struct msqid_ds, __msg_cbytes)
CHECK_SIZE(abi::Msginfo, struct msginfo)
CHECK_MEMBER(abi::Msginfo, msgpool, struct msginfo, msgpool)
CHECK_MEMBER(abi::Msginfo, msgmax, struct msginfo, msgmax)
CHECK_MEMBER(abi::Msginfo, msgtql, struct msginfo, msgtql)
CHECK_MEMBER(abi::Msginfo, msgseg, struct msginfo, msgseg)
CHECK_SIZE(abi::MqAttr, struct mq_attr)
CHECK_MEMBER(abi::MqAttr, flags, struct mq_attr, mq_flags)
CHECK_MEMBER(abi::MqAttr, maxmsg, struct mq_attr, mq_maxmsg)
CHECK_MEMBER(abi::MqAttr, msgsize, struct mq_attr, mq_msgsize)
CHECK_MEMBER(abi::MqAttr, curmsgs, struct mq_attr, mq_curmsgs)
