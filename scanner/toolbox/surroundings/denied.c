// What a tool was not allowed to read is told to hold: in restricted mode an answer without it is no answer. A process's own
// folders in /proc are apart: there, denial is how the kernel keeps processes from each other.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "surroundings.h"

static bool is_kernels(const char *path) { return !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5); }

static void note(int folder, const char *path) {
  char base[PATH_MAX], link[32];
  if (errno != EACCES || !path) return;
  int saved = errno;
  if (path[0] != '/') {
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    ssize_t n = readlink(link, base, sizeof base - 2);
    strcpy(base + (n > 0 ? n : 0), "/");
    path = base;
  }
  if (!is_kernels(path)) tell_hold(TOOLS ":denied");
  errno = saved;
}

static int open_noted(int folder, const char *path, int flags, unsigned mode) {
  int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (fd < 0 && (flags & O_ACCMODE) == O_RDONLY) note(folder, path);
  return fd;
}

static unsigned mode_of(int flags, va_list list) { return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, unsigned) : 0; }

#define OPEN(name)                                     \
  EXPORTED int name(const char *path, int flags, ...) { \
    va_list list;                                      \
    va_start(list, flags);                             \
    unsigned mode = mode_of(flags, list);              \
    va_end(list);                                      \
    return open_noted(AT_FDCWD, path, flags, mode);    \
  }
#define OPENAT(name)                                               \
  EXPORTED int name(int folder, const char *path, int flags, ...) { \
    va_list list;                                                  \
    va_start(list, flags);                                         \
    unsigned mode = mode_of(flags, list);                          \
    va_end(list);                                                  \
    return open_noted(folder, path, flags, mode);                  \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *, int), __open64_2(const char *, int), __openat_2(int, const char *, int), __openat64_2(int, const char *, int);
EXPORTED int __open_2(const char *path, int flags) { return open_noted(AT_FDCWD, path, flags, 0); }
EXPORTED int __open64_2(const char *path, int flags) { return open_noted(AT_FDCWD, path, flags, 0); }
EXPORTED int __openat_2(int folder, const char *path, int flags) { return open_noted(folder, path, flags, 0); }
EXPORTED int __openat64_2(int folder, const char *path, int flags) { return open_noted(folder, path, flags, 0); }

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FOPEN(name)                                            \
  EXPORTED FILE *name(const char *path, const char *mode) {     \
    FILE *stream = NEXT(name)(path, mode);                     \
    if (!stream && mode[0] == 'r') note(AT_FDCWD, path);       \
    return stream;                                             \
  }
FOPEN(fopen)
FOPEN(fopen64)

EXPORTED DIR *opendir(const char *path) {
  DIR *folder = NEXT(opendir)(path);
  if (!folder) note(AT_FDCWD, path);
  return folder;
}

#define STAT(name, type)                                 \
  EXPORTED int name(const char *path, struct type *to) { \
    int failed = NEXT(name)(path, to);                   \
    if (failed) note(AT_FDCWD, path);                    \
    return failed;                                       \
  }
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)

#define FSTATAT(name, type)                                                     \
  EXPORTED int name(int folder, const char *path, struct type *to, int flags) { \
    int failed = NEXT(name)(folder, path, to, flags);                           \
    if (failed) note(folder, path);                                             \
    return failed;                                                              \
  }
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)

EXPORTED int statx(int folder, const char *path, int flags, unsigned mask, struct statx *to) {
  int failed = NEXT(statx)(folder, path, flags, mask, to);
  if (failed) note(folder, path);
  return failed;
}

// Some tools ask before they open (sort), and what a command asks so is no less denied.
#define ACCESS(name)                                          \
  EXPORTED int name(const char *path, int mode) {             \
    int failed = NEXT(name)(path, mode);                      \
    if (failed && mode & R_OK) note(AT_FDCWD, path);          \
    return failed;                                            \
  }
ACCESS(access)
ACCESS(eaccess)
ACCESS(euidaccess)

EXPORTED int faccessat(int folder, const char *path, int mode, int flags) {
  int failed = NEXT(faccessat)(folder, path, mode, flags);
  if (failed && mode & R_OK) note(folder, path);
  return failed;
}
