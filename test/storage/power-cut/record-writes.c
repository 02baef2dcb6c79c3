/*
 * Preloaded into a process, records what it does to LMDB's data file, and what it says on its standard output, in the order in which that returns or, for what
 * it says, begins. `recorded-writes.ts` reads the record. What would change the file in a way that is not recorded is recorded as such.
 *
 * A record: kind, length of the data, offset; then the data. Kinds: `W` a write, `D` a write that resolves when the disk has it, `S` everything
 * written before is on the disk, `A` standard output, `X` something that cannot be replayed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int record = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("FEMTOQ_RECORD");
  if (path) record = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* What this process starts is not recorded. */
  unsetenv("LD_PRELOAD");
}

static int is_data(int fd) {
  char link[32] = "/proc/self/fd/", path[4096], digits[12];
  int end = 0;
  if (record < 0 || fd < 0) return 0;
  do digits[end++] = '0' + fd % 10; while ((fd /= 10) > 0);
  for (char *to = link + strlen(link); end > 0;) *to++ = digits[--end], *to = 0;
  ssize_t length = readlink(link, path, sizeof path);
  return length > 9 && memcmp(path + length - 9, "/data.mdb", 9) == 0;
}

static void note(char kind, uint64_t offset, const struct iovec *parts, int count, size_t length) {
  struct { uint64_t kind, length, offset; } head = {kind, length, offset};
  pthread_mutex_lock(&lock);
  REAL(write)(record, &head, sizeof head);
  for (int part = 0; part < count && length > 0; part++) {
    size_t some = parts[part].iov_len < length ? parts[part].iov_len : length;
    REAL(write)(record, parts[part].iov_base, some);
    length -= some;
  }
  pthread_mutex_unlock(&lock);
}

static char kind_of(int fd) { return fcntl(fd, F_GETFL) & O_DSYNC ? 'D' : 'W'; }

static void written(int fd, uint64_t offset, const struct iovec *parts, int count, ssize_t done) {
  if (done > 0) note(kind_of(fd), offset, parts, count, done);
}

ssize_t write(int fd, const void *data, size_t length) {
  struct iovec whole = {(void *)data, length};
  if (fd == 1 && record >= 0) note('A', 0, &whole, 1, length);
  if (!is_data(fd)) return REAL(write)(fd, data, length);
  uint64_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t done = REAL(write)(fd, data, length);
  written(fd, offset, &whole, 1, done);
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!is_data(fd)) return REAL(writev)(fd, parts, count);
  uint64_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t done = REAL(writev)(fd, parts, count);
  written(fd, offset, parts, count, done);
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  ssize_t done = REAL(pwrite64)(fd, data, length, offset);
  struct iovec whole = {(void *)data, length};
  if (is_data(fd)) written(fd, offset, &whole, 1, done);
  return done;
}

int fdatasync(int fd) {
  int failed = REAL(fdatasync)(fd);
  if (!failed && is_data(fd)) note('S', 0, 0, 0, 0);
  return failed;
}

int fsync(int fd) {
  int failed = REAL(fsync)(fd);
  if (!failed && is_data(fd)) note('S', 0, 0, 0, 0);
  return failed;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  if (is_data(fd)) note('X', offset, 0, 0, 0);
  return REAL(pwritev64)(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t length) {
  if (is_data(fd)) note('X', length, 0, 0, 0);
  return REAL(ftruncate64)(fd, length);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  if (protection & PROT_WRITE && flags & MAP_SHARED && is_data(fd)) note('X', offset, 0, 0, 0);
  return REAL(mmap64)(at, length, protection, flags, fd, offset);
}
