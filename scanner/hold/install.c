#include "install.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "hold" // copied last: the target starts it, and must find the rest
#define STAGED ".sidescan-new"

static bool fault(const char *what, const char *name) {
  fprintf(stderr, "install-toolbox: cannot %s %s: %s\n", what, name, strerror(errno));
  return false;
}

static bool copy_bytes(int from, int to, off_t size) {
  while (size > 0) {
    ssize_t n = sendfile(to, from, NULL, (size_t)size);
    if (n <= 0) return false;
    size -= n;
  }
  return true;
}

// By a name beside it and a rename: a copy that was cut short is never taken for a whole one.
static bool copy_file(int from_dir, int to_dir, const char *name, const struct stat *st) {
  int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0) return fault("open", name);
  unlinkat(to_dir, STAGED, 0);
  int to = openat(to_dir, STAGED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool ok = to >= 0 && copy_bytes(from, to, st->st_size) && !fchmod(to, st->st_mode & 0755);
  if (to >= 0 && close(to)) ok = false;
  close(from);
  return (ok && !renameat(to_dir, STAGED, to_dir, name)) || fault("write", name);
}

static bool copy_link(int from_dir, int to_dir, const char *name) {
  char text[PATH_MAX];
  ssize_t n = readlinkat(from_dir, name, text, sizeof text - 1);
  if (n <= 0) return fault("read link", name);
  text[n] = 0;
  unlinkat(to_dir, STAGED, 0);
  return (!symlinkat(text, to_dir, STAGED) && !renameat(to_dir, STAGED, to_dir, name)) || fault("write", name);
}

static bool copy_entries(int from_fd, int to_fd, int depth);

static bool copy_folder(int from_dir, int to_dir, const char *name, int depth) {
  if (mkdirat(to_dir, name, 0755) && errno != EEXIST) return fault("make folder", name);
  int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  int to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  bool ok = from >= 0 && to >= 0 && !fchmod(to, 0755);
  if (!ok) fault("open folder", name);
  ok = ok && depth < 8 && copy_entries(from, to, depth + 1);
  if (to >= 0) close(to);
  if (ok || from < 0) return ok;
  return false;
}

static bool copy_entry(int from_dir, int to_dir, const char *name, int depth) {
  struct stat st;
  if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW)) return fault("read", name);
  if (S_ISDIR(st.st_mode)) return copy_folder(from_dir, to_dir, name, depth);
  if (S_ISLNK(st.st_mode)) return copy_link(from_dir, to_dir, name);
  return copy_file(from_dir, to_dir, name, &st);
}

// Takes over `from_fd`.
static bool copy_entries(int from_fd, int to_fd, int depth) {
  DIR *dir = fdopendir(from_fd);
  bool ok = dir != NULL;
  for (struct dirent *entry; ok && (entry = readdir(dir));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || (!depth && !strcmp(entry->d_name, PROGRAM))) continue;
    ok = copy_entry(from_fd, to_fd, entry->d_name, depth);
  }
  if (ok && !depth) ok = copy_entry(from_fd, to_fd, PROGRAM, depth);
  if (dir) closedir(dir);
  else close(from_fd);
  return ok;
}

int install_toolbox(const char *to) {
  char self[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n <= 0) return fault("find", "this program"), 1;
  self[n] = 0;
  *strrchr(self, '/') = 0;
  int from_fd = open(*self ? self : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from_fd < 0) return fault("open", self), 1;
  if (to_fd < 0) return fault("open", to), 1;
  // Where the socket's volume is mounted: in a read-only volume an engine cannot make that folder itself.
  bool ok = !mkdirat(to_fd, "run", 0755) || errno == EEXIST || fault("make folder", "run");
  ok = ok && copy_entries(from_fd, to_fd, 0);
  close(to_fd);
  return ok ? 0 : 1;
}
