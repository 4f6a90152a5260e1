#include "verdict.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *verdict_reason(enum verdict verdict) {
  switch (verdict) {
    case VERDICT_ABSENT: return "absent";
    case VERDICT_IMAGE: return "image";
    case VERDICT_LOADER: return "loader";
    case VERDICT_UNKNOWN: return "unknown";
    case VERDICT_TOOL:
    case VERDICT_TARGET: break;
  }
  return "none";
}

static bool is_program(const char *path) {
  struct stat st;
  return !stat(path, &st) && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

static bool search(const char *name, const char *path, char found[PATH_MAX]) {
  for (const char *dir = path; dir && *dir;) {
    size_t n = strcspn(dir, ":");
    if (n && dir[0] == '/' && snprintf(found, PATH_MAX, "%.*s/%s", (int)n, dir, name) < PATH_MAX && is_program(found)) return true;
    dir += n + (dir[n] == ':');
  }
  return false;
}

bool program_in_path(const char *name, const char *path, char found[PATH_MAX]) {
  if (name[0] == '/') return strlen(name) < PATH_MAX && is_program(name) && strcpy(found, name);
  return search(name, path, found) || search(name, USUAL_PATH, found);
}

static void add_executable(struct programs *programs, const char *path) {
  char real[PATH_MAX];
  if (programs->executables < EXECUTABLES_MAX && realpath(path, real)) {
    char *copy = strdup(real);
    if (copy) programs->executable[programs->executables++] = copy;
  }
}

// The loader that an ELF file names; the kernel opens it for execution too.
static bool elf_loader(int fd, char loader[PATH_MAX]) {
  Elf64_Ehdr head;
  if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_ident[EI_CLASS] != ELFCLASS64) return false;
  for (unsigned i = 0; i < head.e_phnum && i < 128; i++) {
    Elf64_Phdr part;
    if (pread(fd, &part, sizeof part, (off_t)(head.e_phoff + i * sizeof part)) != (ssize_t)sizeof part) return false;
    if (part.p_type != PT_INTERP || part.p_filesz < 2 || part.p_filesz >= PATH_MAX) continue;
    if (pread(fd, loader, part.p_filesz, (off_t)part.p_offset) != (ssize_t)part.p_filesz) return false;
    loader[part.p_filesz] = 0;
    return true;
  }
  return false;
}

static bool script_interpreter(int fd, char interpreter[PATH_MAX]) {
  char line[256] = "";
  if (pread(fd, line, sizeof line - 1, 0) < 4 || line[0] != '#' || line[1] != '!') return false;
  char *start = line + 2 + strspn(line + 2, " \t");
  start[strcspn(start, " \t\r\n")] = 0;
  return *start == '/' && strcpy(interpreter, start);
}

// An allowed program runs with its loader; an allowed script with its interpreter and that one's loader.
static void add_with_helpers(struct programs *programs, const char *path) {
  char next[PATH_MAX], current[PATH_MAX];
  snprintf(current, sizeof current, "%s", path);
  for (int depth = 0; depth < 3; depth++) {
    add_executable(programs, current);
    int fd = open(current, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return;
    bool more = elf_loader(fd, next) || script_interpreter(fd, next);
    close(fd);
    if (!more) return;
    memcpy(current, next, sizeof current);
  }
}

bool programs_find(struct programs *programs, const char *dir, const struct request *request, const char *path) {
  char real[PATH_MAX], below[PATH_MAX + 8];
  memset(programs, 0, sizeof *programs);
  snprintf(below, sizeof below, "%s/bin", dir);
  if (!realpath(below, programs->tools)) return false;
  snprintf(below, sizeof below, "%s/lib", dir);
  if (!realpath(below, programs->libraries)) return false;
  for (int i = 0; request && i < request->allowed; i++) {
    char found[PATH_MAX];
    if (!program_in_path(request->allow[i], path, found) || !realpath(found, real)) continue;
    if (!(programs->allowed[programs->count] = strdup(real))) return false;
    programs->count++;
    add_with_helpers(programs, real);
  }
  return true;
}

static bool is_below(const char *path, const char *dir) {
  size_t n = strlen(dir);
  return !strncmp(path, dir, n) && path[n] == '/';
}

// `/proc/self` would be this process, and a relative path starts at the caller's folder.
static bool as_seen_by(pid_t pid, const char *path, char to[PATH_MAX]) {
  const char *rest = NULL;
  if (!strncmp(path, "/proc/self/", 11)) rest = path + 11;
  if (!strncmp(path, "/proc/thread-self/", 18)) rest = path + 18;
  int n = rest ? snprintf(to, PATH_MAX, "/proc/%d/%s", pid, rest)
               : path[0] == '/' ? snprintf(to, PATH_MAX, "%s", path)
                                : snprintf(to, PATH_MAX, "/proc/%d/cwd/%s", pid, path);
  return n > 0 && n < PATH_MAX;
}

enum verdict programs_judge(const struct programs *programs, pid_t pid, const char *path, char canonical[PATH_MAX]) {
  char seen[PATH_MAX];
  canonical[0] = 0;
  if (!*path || !as_seen_by(pid, path, seen)) return VERDICT_UNKNOWN;
  if (!realpath(seen, canonical)) {
    canonical[0] = 0;
    return VERDICT_ABSENT;
  }
  if (is_below(canonical, programs->tools)) return VERDICT_TOOL;
  if (is_below(canonical, programs->libraries)) return VERDICT_LOADER;
  for (int i = 0; i < programs->count; i++)
    if (!strcmp(canonical, programs->allowed[i])) return VERDICT_TARGET;
  return VERDICT_IMAGE;
}
