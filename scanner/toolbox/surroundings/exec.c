// Starting programs: the target's ls, wherever it is or would be, is our ls. Anything else is asked of the kernel as it is, and hold judges it.
#define _GNU_SOURCE
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "surroundings.h"

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Only in the folders of the distribution itself: a program of the same name elsewhere is something else.
static const char *const folders[] = {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", NULL};

static bool is_tool(const char *name, char to[PATH_MAX]) {
  struct stat st;
  return *name && !strchr(name, '/') && snprintf(to, PATH_MAX, TOOLS "%s", name) < PATH_MAX && !stat(to, &st);
}

static const char *instead_of(const char *path, char room[PATH_MAX]) {
  for (const char *const *folder = folders; *folder; folder++) {
    size_t n = strlen(*folder);
    if (!strncmp(path, *folder, n) && is_tool(path + n, room)) return room;
  }
  return path;
}

static bool is_program(const char *path) {
  struct stat st;
  return !stat(path, &st) && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

// As execvp searches; a name that is nowhere is looked for among our tools, and by that hold learns of it.
static const char *find(const char *name, char room[PATH_MAX]) {
  if (strchr(name, '/')) return name;
  const char *path = getenv("PATH");
  if (!path) path = USUAL_PATH;
  for (const char *folder = path; *folder;) {
    size_t n = strcspn(folder, ":");
    if (snprintf(room, PATH_MAX, "%.*s/%s", n ? (int)n : 1, n ? folder : ".", name) < PATH_MAX && is_program(room)) return room;
    folder += n + (folder[n] == ':');
  }
  snprintf(room, PATH_MAX, TOOLS "%s", name);
  return room;
}

static bool is_below_ours(const char *path) { return !strncmp(path, TOOLS, sizeof TOOLS - 1); }

EXPORTED int execve(const char *path, char *const arguments[], char *const environment[]) {
  char room[PATH_MAX];
  const char *program = instead_of(path, room);
  char **changed = alloca((environment_count(environment) + 1) * sizeof *changed);
  environment_for(is_below_ours(program), environment, changed, alloca(environment_room(environment)));
  return (int)syscall(SYS_execve, program, arguments, changed);
}

EXPORTED int execvpe(const char *name, char *const arguments[], char *const environment[]) {
  char room[PATH_MAX];
  if (!*name) return errno = ENOENT, -1;
  return execve(find(name, room), arguments, environment);
}

EXPORTED int execv(const char *path, char *const arguments[]) { return execve(path, arguments, environ); }
EXPORTED int execvp(const char *name, char *const arguments[]) { return execvpe(name, arguments, environ); }

static size_t count_arguments(const char *first, va_list list) {
  size_t count = 1;
  while (first && va_arg(list, const char *)) count++;
  return count;
}

#define COLLECT(first)                                            \
  va_list list;                                                   \
  va_start(list, first);                                          \
  size_t count = count_arguments(first, list);                    \
  va_end(list);                                                   \
  char **arguments = alloca((count + 1) * sizeof *arguments);     \
  va_start(list, first);                                          \
  arguments[0] = (char *)(unsigned long)first;                    \
  for (size_t i = 1; i <= count; i++) arguments[i] = va_arg(list, char *)

EXPORTED int execl(const char *path, const char *first, ...) {
  COLLECT(first);
  va_end(list);
  return execve(path, arguments, environ);
}

EXPORTED int execlp(const char *name, const char *first, ...) {
  COLLECT(first);
  va_end(list);
  return execvpe(name, arguments, environ);
}

EXPORTED int execle(const char *path, const char *first, ...) {
  COLLECT(first);
  char *const *environment = va_arg(list, char *const *);
  va_end(list);
  return execve(path, arguments, environment);
}

typedef int spawner(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[], char *const[]);

EXPORTED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
  char room[PATH_MAX];
  const char *program = instead_of(path, room);
  char **changed = alloca((environment_count(environment) + 1) * sizeof *changed);
  environment_for(is_below_ours(program), environment, changed, alloca(environment_room(environment)));
  spawner *next = (spawner *)dlsym(RTLD_NEXT, "posix_spawn");
  return next ? next(pid, program, actions, attributes, arguments, changed) : ENOSYS;
}

EXPORTED int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
  char room[PATH_MAX];
  return posix_spawn(pid, find(name, room), actions, attributes, arguments, environment);
}
