#include "lib/linux_abi/errno.h"

#include "lib/linux_abi/name_table.h"

namespace caponier::linux_abi {
namespace {

#define CAPONIER_ABI_ALL_ERRNOS(X) CAPONIER_LINUX_ERRNOS(X) CAPONIER_LINUX_RESTART_ERRNOS(X)
CAPONIER_ABI_NAME_TABLE(kErrnos, CAPONIER_ABI_ALL_ERRNOS)

#define CAPONIER_ABI_DESCRIPTION(name, value, description) description "\0"
constexpr NameTable kDescriptions = {kErrnosValues, CAPONIER_ABI_ALL_ERRNOS(CAPONIER_ABI_DESCRIPTION), kErrnos.count};

}  // namespace

std::string_view ErrnoName(int number) { return NameOf(kErrnos, static_cast<u64>(number)); }
std::string_view ErrnoDescription(int number) { return NameOf(kDescriptions, static_cast<u64>(number)); }

int ToErrno(Error error) {
  switch (error) {
    case Error::kInvalidArgument: return kEINVAL;
    case Error::kNoMemory: return kENOMEM;
    case Error::kNotFound: return kENOENT;
    case Error::kExists: return kEEXIST;
    case Error::kNotDirectory: return kENOTDIR;
    case Error::kIsDirectory: return kEISDIR;
    case Error::kNotEmpty: return kENOTEMPTY;
    case Error::kAccessDenied: return kEACCES;
    case Error::kNotPermitted: return kEPERM;
    case Error::kBadDescriptor: return kEBADF;
    case Error::kBadAddress: return kEFAULT;
    case Error::kWouldBlock: return kEAGAIN;
    case Error::kInterrupted: return kEINTR;
    case Error::kTimedOut: return kETIMEDOUT;
    case Error::kBusy: return kEBUSY;
    case Error::kTooManyOpen: return kEMFILE;
    case Error::kFileTooLarge: return kEFBIG;
    case Error::kNoSpace: return kENOSPC;
    case Error::kReadOnly: return kEROFS;
    case Error::kBrokenPipe: return kEPIPE;
    case Error::kNotSeekable: return kESPIPE;
    case Error::kNotATerminal: return kENOTTY;
    case Error::kNameTooLong: return kENAMETOOLONG;
    case Error::kTooManyLinks: return kELOOP;
    case Error::kNotExecutable: return kENOEXEC;
    case Error::kArgumentsTooLong: return kE2BIG;
    case Error::kCrossDevice: return kEXDEV;
    case Error::kNoDevice: return kENODEV;
    case Error::kNotSupported: return kEOPNOTSUPP;
    case Error::kNotImplemented: return kENOSYS;
    case Error::kOverflow: return kEOVERFLOW;
    case Error::kOutOfRange: return kERANGE;
    case Error::kNoProcess: return kESRCH;
    case Error::kNoChild: return kECHILD;
    case Error::kDeadlock: return kEDEADLK;
    case Error::kIo: return kEIO;
    case Error::kMalformed: return kEINVAL;
    case Error::kNotSeeded: return kEAGAIN;  // what getrandom(2) says before the pool is ready
    case Error::kNoData: return kENODATA;
    case Error::kNotASocket: return kENOTSOCK;
    case Error::kAddressFamily: return kEAFNOSUPPORT;
    case Error::kSocketType: return kESOCKTNOSUPPORT;
    case Error::kSocketProtocol: return kEPROTONOSUPPORT;
    case Error::kSocketOption: return kENOPROTOOPT;
    case Error::kConnected: return kEISCONN;
    case Error::kRemoved: return kEIDRM;
    case Error::kNoMessage: return kENOMSG;
    case Error::kMessageSize: return kEMSGSIZE;
    case Error::kNobodyThere: return kENXIO;
  }
  return kEIO;
}

}  // namespace caponier::linux_abi
