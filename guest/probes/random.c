// getrandom, /dev/random, /dev/urandom and their ioctls: what comes back, not what is drawn. Prints the same on Linux and on Caponier. Lines
// that begin with `root ` need CAP_SYS_ADMIN on Linux; a host without it says so instead.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
  GET_COUNT = 0x80045200,
  ADD_TO_COUNT = 0x40045201,
  GET_POOL = 0x80085202,
  ADD_ENTROPY = 0x40085203,
  ZAP_COUNT = 0x5204,
  CLEAR_POOL = 0x5206,
  RESEED = 0x5207
};
struct pool_info {
  int count, size;
  unsigned char bytes[64];
};

static const char* ended(long result) {
  static char text[64];
  if (result >= 0) {
    snprintf(text, sizeof(text), "%ld", result);
  } else {
    snprintf(text, sizeof(text), "errno %d", errno);
  }
  return text;
}

static void draws(unsigned char* buffer) {
  printf("getrandom 16: %s\n", ended(getrandom(buffer, 16, 0)));
  printf("nonblock: %s\n", ended(getrandom(buffer, 16, GRND_NONBLOCK)));
  printf("random: %s\n", ended(getrandom(buffer, 16, GRND_RANDOM)));
  printf("random nonblock: %s\n", ended(getrandom(buffer, 16, GRND_RANDOM | GRND_NONBLOCK)));
  printf("insecure: %s\n", ended(getrandom(buffer, 16, 4)));
  printf("insecure random: %s\n", ended(getrandom(buffer, 16, 4 | GRND_RANDOM)));
  printf("insecure nonblock: %s\n", ended(getrandom(buffer, 16, 4 | GRND_NONBLOCK)));
  printf("unknown flag: %s\n", ended(getrandom(buffer, 16, 8)));
  printf("a high flag: %s\n", ended(getrandom(buffer, 16, 1u << 31)));
  printf("nothing at null: %s\n", ended(getrandom(0, 0, 0)));
  printf("16 at null: %s\n", ended(getrandom(0, 16, 0)));
  printf("a page and more: %s\n", ended(getrandom(buffer, 5000, 0)));
  unsigned char* end = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(end + 4096, 4096, PROT_NONE);
  printf("over the end, whole blocks: %s\n", ended(getrandom(end + 4096 - 512, 1024, 0)));
  printf("at the end: %s\n", ended(getrandom(end + 4096, 16, 0)));
  mprotect(end, 4096, PROT_READ);
  printf("read-only: %s\n", ended(getrandom(end, 16, 0)));
}

static void device(const char* path, unsigned char* buffer) {
  int file = open(path, O_RDWR);
  printf("%s\n", path);
  printf("read 32: %s\n", ended(read(file, buffer, 32)));
  printf("read 5000: %s\n", ended(read(file, buffer, 5000)));
  printf("read 0: %s\n", ended(read(file, buffer, 0)));
  struct iovec parts[2] = {{buffer, 10}, {buffer + 100, 20}};
  printf("readv: %s\n", ended(readv(file, parts, 2)));
  printf("write 100: %s\n", ended(write(file, buffer, 100)));
  printf("write from null: %s\n", ended(write(file, 0, 16)));
  printf("seek: %s\n", ended(lseek(file, 10, SEEK_SET)));
  struct pollfd ready = {file, POLLIN | POLLOUT, 0};
  poll(&ready, 1, 0);
  printf("poll: in %d\n", (ready.revents & POLLIN) != 0);
  int count = -1;
  printf("count: %s", ended(ioctl(file, GET_COUNT, &count)));
  printf(" %d\n", count);
  printf("count to null: %s\n", ended(ioctl(file, GET_COUNT, 0)));
  printf("unknown: %s\n", ended(ioctl(file, 0x5299, 0)));
  printf("a terminal: %d errno %d\n", isatty(file), errno);
  close(file);
}

static void privileged(const char* who, int file) {
  struct pool_info info = {512, sizeof(info.bytes), {1, 2, 3}};
  int some = 8, negative = -1, count = -1;
  printf("%sadd to count: %s\n", who, ended(ioctl(file, ADD_TO_COUNT, &some)));
  printf("%sadd a negative count: %s\n", who, ended(ioctl(file, ADD_TO_COUNT, &negative)));
  printf("%sadd to count at null: %s\n", who, ended(ioctl(file, ADD_TO_COUNT, 0)));
  printf("%sadd entropy: %s\n", who, ended(ioctl(file, ADD_ENTROPY, &info)));
  info.count = -1;
  printf("%sadd entropy, negative credit: %s\n", who, ended(ioctl(file, ADD_ENTROPY, &info)));
  info.count = 0, info.size = 0;
  printf("%sadd nothing: %s\n", who, ended(ioctl(file, ADD_ENTROPY, &info)));
  info.size = -1;
  printf("%sadd a negative size: %s\n", who, ended(ioctl(file, ADD_ENTROPY, &info)));
  printf("%sadd entropy at null: %s\n", who, ended(ioctl(file, ADD_ENTROPY, 0)));
  printf("%szap: %s\n", who, ended(ioctl(file, ZAP_COUNT, 0)));
  printf("%sclear: %s\n", who, ended(ioctl(file, CLEAR_POOL, 0)));
  printf("%sreseed: %s\n", who, ended(ioctl(file, RESEED, 0)));
  printf("%sget pool: %s\n", who, ended(ioctl(file, GET_POOL, &info)));
  ioctl(file, GET_COUNT, &count);
  printf("%scount after all that: %d\n", who, count);
}

int main(void) {
  static unsigned char buffer[8192];
  draws(buffer);
  device("/dev/urandom", buffer);
  device("/dev/random", buffer);
  int file = open("/dev/urandom", O_RDWR);
  if (ioctl(file, ZAP_COUNT, 0) == 0) {
    privileged("root ", file);
  } else {
    printf("root not here\n");
  }
  if (setresuid(65534, 65534, 65534) != 0 && geteuid() == 0) return 1;
  privileged("", file);
  return 0;
}
