#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/linux_abi/conformance/check.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/socket_flags.h"

CHECK_ALL_CONSTANTS(CAPONIER_LINUX_SOCKET_FLAGS)
CAPONIER_LINUX_ERRNOS(CHECK_CONSTANT)
