// The environment: what hold withholds from our programs is shown again by those that show it, and what we add is not.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../hold/withheld.h"
#include "surroundings.h"

// bash calls this function for a name that is nowhere in PATH. Ours are run from here, since the container's own PATH does not lead to them; the
// execve of any other is what tells hold of it.
#define NOT_FOUND "BASH_FUNC_command_not_found_handle%%="
static char not_found[] = NOT_FOUND
    "() { if [[ $1 != */* && -x " TOOLS "$1 ]]; then exec -a \"$1\" \"" TOOLS "$1\" \"${@:2}\"; fi; (exec \"" TOOLS "$1\") 2>&-; "
    "printf 'bash: line %s: %s: command not found\\n' \"$BASH_LINENO\" \"$1\" >&2; return 127; }";

const char *tool_name(void) {
  static char path[PATH_MAX];
  static const char *name;
  if (name) return name;
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  const char *slash = strrchr(path, '/');
  return name = slash ? slash + 1 : path;
}

static bool is_ours(const char *variable) { return !strncmp(variable, NOT_FOUND, sizeof NOT_FOUND - 1); }
static bool is_renamed(const char *variable) { return !strncmp(variable, WITHHELD_PREFIX, WITHHELD_PREFIX_LENGTH); }

size_t environment_count(char *const from[]) {
  size_t count = 0;
  while (from && from[count]) count++;
  return count;
}

size_t environment_room(char *const from[]) {
  size_t room = 1;
  for (size_t i = 0; from && from[i]; i++)
    if (withheld(from[i])) room += strlen(from[i]) + WITHHELD_PREFIX_LENGTH + 1;
  return room;
}

void environment_for(bool ours, char *const from[], char **to, char *room) {
  size_t used = 0;
  for (size_t i = 0; from && from[i]; i++) {
    if (is_ours(from[i])) continue;
    if (!ours && is_renamed(from[i])) {
      to[used++] = from[i] + WITHHELD_PREFIX_LENGTH;
    } else if (ours && withheld(from[i])) {
      to[used++] = room;
      room = stpcpy(stpcpy(room, WITHHELD_PREFIX), from[i]) + 1;
    } else {
      to[used++] = from[i];
    }
  }
  to[used] = NULL;
}

// Before main: bash gets its function and may show the loader's variables; env and printenv show all.
__attribute__((constructor)) static void settle(void) {
  static char *with_function[4096];
  bool shell = !strcmp(tool_name(), "bash"), shows = !strcmp(tool_name(), "env") || !strcmp(tool_name(), "printenv");
  size_t count = environment_count(environ);
  if (!shell && !shows) return;
  for (size_t i = 0; i < count; i++)
    if (is_renamed(environ[i]) && (shows || withheld_of_loader(environ[i] + WITHHELD_PREFIX_LENGTH))) environ[i] += WITHHELD_PREFIX_LENGTH;
  if (!shell || count + 2 > sizeof with_function / sizeof *with_function) return;
  memcpy(with_function, environ, count * sizeof *environ);
  with_function[count] = not_found;
  environ = with_function;
}

int tell_hold(const char *path) {
  int saved = errno;
  syscall(SYS_execve, path, NULL, NULL);
  int answer = errno;
  errno = saved;
  return answer;
}
