// Socket addresses and messages in strace's notation.
#include "lib/linux_abi/socket_flags.h"
#include "lib/linux_abi/trace_structs.h"

namespace caponier::linux_abi::internal {
namespace {

CAPONIER_ABI_NAME_TABLE(kMessageFlags, CAPONIER_LINUX_MESSAGE_FLAGS)

u16 NetworkOrder(u16 value) { return static_cast<u16>(value >> 8 | value << 8); }

// An IPv6 address [rfc5952]: hexadecimal groups, the longest run of two or more zero groups, the first of equals, as "::".
void Address6(Writer& out, const u8 (&bytes)[16]) {
  u32 groups[8];
  for (int i = 0; i < 8; i++) groups[i] = static_cast<u32>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  int best = -1, best_length = 1;
  for (int i = 0; i < 8; i++) {
    int length = 0;
    while (i + length < 8 && groups[i + length] == 0) length++;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  for (int i = 0; i < 8; i++) {
    if (i == best) {
      out.Write("::");
      i += best_length - 1;
      continue;
    }
    if (i > 0 && i != best + best_length) out.Write(":");
    Format(out, "{:x}", groups[i]);
  }
}

}  // namespace

void SocketAddress(Writer& out, u64 address, u64 length) {
  struct {
    u16 family = 0;
    char data[126] = {};
  } any;
  if (length > sizeof(any)) length = sizeof(any);
  if (address == 0 || length < 2 || !out.memory().Read(address, WritableBytesOf(any).first(length))) return out.Address(address);
  out.Write("{sa_family=");
  (void)WriteScalar(out, Argument::kAddressFamily, any.family, native::kArch);
  if (any.family == kAF_UNIX) {
    out.Write(", sun_path=");
    size_t used = length - 2;
    if (used > 0 && any.data[0] == '\0') {  // an abstract name: all its bytes
      out.Write("@");
      Quoted(out, {any.data + 1, used - 1}, false);
    } else {
      size_t end = 0;
      while (end < used && any.data[end] != '\0') end++;
      Quoted(out, {any.data, end}, false);
    }
  } else if (any.family == kAF_INET && length >= sizeof(SockaddrIn)) {
    SockaddrIn in;
    __builtin_memcpy(&in, &any, sizeof(in));
    Format(out, ", sin_port=htons({}), sin_addr=inet_addr(\"{}.{}.{}.{}\")", NetworkOrder(in.port), in.addr & 0xff,
           (in.addr >> 8) & 0xff, (in.addr >> 16) & 0xff, in.addr >> 24);
  } else if (any.family == kAF_INET6 && length >= sizeof(SockaddrIn6)) {
    SockaddrIn6 in;
    __builtin_memcpy(&in, &any, sizeof(in));
    Format(out, ", sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"", NetworkOrder(in.port),
           __builtin_bswap32(in.flowinfo));
    Address6(out, in.addr);
    Format(out, "\", &sin6_addr), sin6_scope_id={}", in.scope_id);
  } else {
    out.Write(", sa_data=");
    Quoted(out, {any.data, length - 2}, false);
  }
  out.Write("}");
}

void Vector(Writer& out, u64 address, u64 count, u64 bytes) {
  Iovec piece;
  if (address == 0 || (count > 0 && !out.Load(address, &piece))) return out.Address(address);
  out.Write("[");
  for (u64 i = 0; i < count; i++) {
    if (i > 0) out.Write(", ");
    if (i == kShownElements || !out.Load(address + i * sizeof(Iovec), &piece)) {
      out.Write("...");
      break;
    }
    u64 there = piece.len < bytes ? piece.len : bytes;
    out.Write("{iov_base=");
    QuotedBuffer(out, piece.base, there);
    Format(out, ", iov_len={}}}", piece.len);
    bytes -= there;
  }
  out.Write("]");
}

void Message(Writer& out, const Context& context, u64 address, bool input) {
  Msghdr header;
  if ((!input && context.failed()) || !out.Load(address, &header)) return out.Address(address);
  out.Write("{msg_name=");
  SocketAddress(out, header.name, header.namelen);
  Format(out, ", msg_namelen={}, msg_iov=", header.namelen);
  Vector(out, header.iov, header.iovlen, input ? ~u64{0} : static_cast<u64>(context.result));
  Format(out, ", msg_iovlen={}", header.iovlen);
  if (header.controllen != 0) {
    out.Write(", msg_control=");
    out.Address(header.control);
  }
  Format(out, ", msg_controllen={}, msg_flags=", header.controllen);
  FlagsText(out, kMessageFlags, static_cast<u32>(header.flags));
  out.Write("}");
}

}  // namespace caponier::linux_abi::internal
