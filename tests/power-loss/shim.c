// Preloaded into a process, writes down in one order what it does to the files of one directory, for a replay that asks
// what a loss of power at any moment would have left (tests/power-loss/disk.ts).
//
//   cc -shared -fPIC -O1 -o shim.so shim.c -lpthread      LD_PRELOAD=shim.so POWER_DIRECTORY=... POWER_LOG=... program
//
// Environment:
//   POWER_DIRECTORY  the directory, absolute and without links. Its files are watched, but for `*-shm` (SQLite makes that
//                    anew after a loss of power) and `marks`, which is no file: each write to it is a mark in the log.
//   POWER_LOG        appended to, so that the next life of the program goes on in the same log.
//   POWER_KILL       "<ending>:<n>": the process is killed (SIGKILL) as the n-th sync of such a file begins.
//   POWER_FAIL       "<ending>:<n>": the n-th that begins after the first mark of the program, and has something to write, is
//                    not made and fails with EIO; so does, as with Linux since 4.13, the one that runs or comes next on every
//                    other descriptor that was open then.
//
// The log is records of this form, little endian, each followed by `size` bytes of payload:
//
//   u32 size | u32 kind | u64 sequence | u64 file (inode) | i64 at | i64 result
//
//   kind  payload        at                  result
//   'P'   -              -                   a process starts: sequence is 0 again
//   'N'   name           -                   the name is now this file's (it was created)
//   'D'   name           -                   the name is gone
//   'R'   old NUL new    -                   renamed
//   'W'   bytes          offset              written, as far as it was
//   'T'   -              new size            cut or grown
//   'B'   -              -                   a sync of the file (0 bytes of name: of the directory) begins
//   'E'   -              sequence of its 'B' 0, or a negative errno
//   'M'   bytes          -                   a mark of the program
//
// The order: everything but a sync is done and logged under one mutex, so the log has it where it happened, and a kill
// never falls between a write and its record. A sync is logged as it begins and as it has ended, without the mutex in
// between: it makes sure of what was logged before its 'B', from its 'E' on. An inode names a file until it is used again,
// by an 'N'; inodes are compared at each call, as descriptors may be closed and copied behind the back of this library.
// Only what node imports is here. What is not seen (link, mmap, another libc) is found by comparing the replay of the whole log with the directory.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct record {
  uint32_t size, kind;
  uint64_t sequence, file;
  int64_t at, result;
};

struct watched {
  // Of another device, the same inode is another file: of /proc, say.
  dev_t device;
  ino_t file;
  // Changed since a sync of it last began.
  int changed;
  char name[128];
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static struct watched files[256];
static int file_count, log_file = -1;
static const char *directory;
static uint64_t next_sequence;
static long kill_count, fail_count;
static int marked;
// The file whose sync failed, and by descriptor whether that was told there.
static ino_t failed_file;
static char failure_told[1024];

static uint64_t note(uint32_t kind, uint64_t file, int64_t at, int64_t result, const struct iovec *parts, int count, size_t size) {
  const int error = errno;
  struct record record = {size, kind, next_sequence++, file, at, result};
  struct iovec all[64] = {{&record, sizeof record}};
  size_t left = size;
  int used = 1;
  for (int part = 0; part < count && left > 0; part++, used++) {
    if (used == 64) abort();
    const size_t taken = parts[part].iov_len < left ? parts[part].iov_len : left;
    all[used] = (struct iovec){parts[part].iov_base, taken};
    left -= taken;
  }
  if (syscall(SYS_writev, log_file, all, used) != (long)(sizeof record + size)) abort();
  errno = error;
  return record.sequence;
}

static void note_name(uint32_t kind, uint64_t file, const char *name) {
  note(kind, file, 0, 0, &(struct iovec){(void *)name, strlen(name)}, 1, strlen(name));
}

// The name that a path has in the directory: "" for the directory itself, NULL for what is not watched.
static const char *name_of(const char *path) {
  const size_t length = directory ? strlen(directory) : 0;
  if (log_file < 0 || strncmp(path, directory, length) != 0) return NULL;
  if (path[length] == 0) return path + length;
  const char *name = path + length + 1;
  if (path[length] != '/' || strchr(name, '/') || strlen(name) >= sizeof files[0].name) return NULL;
  const size_t end = strlen(name);
  return end > 4 && strcmp(name + end - 4, "-shm") == 0 ? NULL : name;
}

static struct watched *find(const struct stat *status) {
  for (int index = 0; index < file_count; index++)
    if (files[index].file == status->st_ino && files[index].device == status->st_dev) return &files[index];
  return NULL;
}

static void watch(const struct stat *status, const char *name) {
  struct watched *entry = find(status);
  if (!entry && file_count == 256) abort();
  if (!entry) *(entry = &files[file_count++]) = (struct watched){0};
  entry->device = status->st_dev;
  entry->file = status->st_ino;
  strcpy(entry->name, name);
}

// The watched file of a descriptor, with the mutex held; NULL, without it, for any other.
static struct watched *take(int fd) {
  const int error = errno;
  struct stat status;
  struct watched *entry = NULL;
  if (log_file >= 0 && fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
    pthread_mutex_lock(&order);
    entry = find(&status);
    if (!entry) pthread_mutex_unlock(&order);
  }
  errno = error;
  return entry;
}

static void release(void) { pthread_mutex_unlock(&order); }
static int is_marks(const char *name) { return strcmp(name, "marks") == 0; }

// The directory itself has no name: its ending is ".".
static int ends(const char *name, const char *ending) {
  const size_t length = strlen(ending), size = strlen(name);
  if (strcmp(ending, ".") == 0) return size == 0;
  return length <= size && strcmp(name + size - length, ending) == 0;
}

// Whether "<ending>:<n>" means this sync, the so-maniest of such a file.
static int means(const char *point, const char *name, long *count) {
  char ending[128];
  long wanted;
  if (!point || sscanf(point, "%127[^:]:%ld", ending, &wanted) != 2) return 0;
  return ends(name, ending) && ++*count == wanted;
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("POWER_LOG");
  directory = getenv("POWER_DIRECTORY");
  if (!path || !directory) return;
  log_file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_file < 0) abort();
  note('P', 0, 0, 0, NULL, 0, 0);
}

static int opened(int at, const char *path, int flags, mode_t mode) {
  const char *name = name_of(path);
  struct stat status;
  if (!name) {
    const int fd = syscall(SYS_openat, at, path, flags | O_LARGEFILE, mode);
    // An inode of the directory may have been freed, and be this file's now.
    struct watched *stale = fd < 0 ? NULL : take(fd);
    if (stale) {
      *stale = files[--file_count];
      release();
    }
    return fd;
  }
  pthread_mutex_lock(&order);
  const int existed = stat(path, &status) == 0;
  const int fd = syscall(SYS_openat, at, path, flags | O_LARGEFILE, mode);
  if (fd >= 0 && fstat(fd, &status) == 0) {
    failure_told[fd % 1024] = 1;
    watch(&status, name);
    if (!existed && !is_marks(name)) note_name('N', status.st_ino, name);
    if (existed && (flags & O_TRUNC) && !is_marks(name)) note('T', status.st_ino, 0, 0, NULL, 0, 0);
  }
  release();
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }

// Where a write without an offset goes.
static int64_t position(int fd) {
  struct stat status;
  if (fcntl(fd, F_GETFL) & O_APPEND) return fstat(fd, &status) == 0 ? status.st_size : 0;
  return lseek(fd, 0, SEEK_CUR);
}

static ssize_t put(int fd, const struct iovec *parts, int count, int64_t at) {
  struct watched *file = take(fd);
  const int here = at < 0;
  if (file && is_marks(file->name)) {
    size_t size = 0;
    for (int part = 0; part < count; part++) size += parts[part].iov_len;
    marked = 1;
    note('M', 0, 0, 0, parts, count, size);
    release();
    return size;
  }
  if (file && here) at = position(fd);
  const ssize_t done = here ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, at, 0);
  if (!file) return done;
  if (done > 0) file->changed = 1;
  if (done > 0) note('W', file->file, at, done, parts, count, done);
  release();
  return done;
}

#define ONE(data, size) &(struct iovec){(void *)(data), size}, 1
ssize_t write(int fd, const void *data, size_t size) { return put(fd, ONE(data, size), -1); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return put(fd, parts, count, -1); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return put(fd, ONE(data, size), at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return put(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return put(fd, parts, count, at); }

int ftruncate64(int fd, off64_t size) {
  struct watched *file = take(fd);
  const int result = syscall(SYS_ftruncate, fd, size);
  if (!file) return result;
  if (result == 0) file->changed = 1;
  if (result == 0) note('T', file->file, size, 0, NULL, 0, 0);
  release();
  return result;
}

static int synced(int fd, long call) {
  struct watched *file = take(fd);
  if (!file) return syscall(call, fd);
  const ino_t inode = file->file;
  const uint64_t begun = note('B', inode, 0, 0, NULL, 0, 0);
  if (means(getenv("POWER_KILL"), file->name, &kill_count)) for (syscall(SYS_kill, getpid(), SIGKILL);;) pause();
  if (marked && file->changed && means(getenv("POWER_FAIL"), file->name, &fail_count)) {
    failed_file = inode;
    memset(failure_told, 0, sizeof failure_told);
  }
  file->changed = 0;
  const int fails = failed_file == inode && !failure_told[fd % 1024];
  release();
  int result = fails ? 0 : syscall(call, fd);
  pthread_mutex_lock(&order);
  if (failed_file == inode && !failure_told[fd % 1024]) {
    failure_told[fd % 1024] = 1;
    errno = EIO;
    result = -1;
  }
  note('E', inode, begun, result < 0 ? -errno : 0, NULL, 0, 0);
  release();
  return result;
}

// Also the program's own end falls between no write of another thread and its record.
int kill(pid_t pid, int signal) {
  pthread_mutex_lock(&order);
  const int result = syscall(SYS_kill, pid, signal);
  release();
  return result;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int unlink(const char *path) {
  const char *name = name_of(path);
  if (!name) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  pthread_mutex_lock(&order);
  const int result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (result == 0) note_name('D', 0, name);
  release();
  return result;
}

int rename(const char *from, const char *to) {
  const char *old = name_of(from), *name = name_of(to);
  if (!old || !name) return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
  struct iovec both[2] = {{(void *)old, strlen(old) + 1}, {(void *)name, strlen(name)}};
  pthread_mutex_lock(&order);
  const int result = syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
  if (result == 0) note('R', 0, 0, 0, both, 2, both[0].iov_len + both[1].iov_len);
  release();
  return result;
}
