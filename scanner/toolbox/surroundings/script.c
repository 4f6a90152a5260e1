// A script of the image that our bash is given by name is the image's code: hold judges it like a program.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "surroundings.h"

// The script among bash's arguments, or NULL: with -c or -s there is none.
static const char *script_of(int count, char **arguments) {
  for (int i = 1; i < count; i++) {
    const char *argument = arguments[i];
    if (!strcmp(argument, "--") || !strcmp(argument, "-")) return i + 1 < count ? arguments[i + 1] : NULL;
    if (!strcmp(argument, "--rcfile") || !strcmp(argument, "--init-file")) {
      i++;
    } else if (argument[0] == '-' || argument[0] == '+') {
      if (argument[1] != '-' && argument[0] == '-' && strpbrk(argument, "cs")) return NULL;
      if (argument[1] != '-' && strpbrk(argument, "oO")) i++;
    } else return argument;
  }
  return NULL;
}

__attribute__((constructor)) static void judge(int count, char **arguments) {
  char path[PATH_MAX], folder[PATH_MAX];
  const char *script = strcmp(tool_name(), "bash") ? NULL : script_of(count, arguments);
  if (!script || !strncmp(script, TOOLS, sizeof TOOLS - 1)) return;
  if (script[0] != '/' && !getcwd(folder, sizeof folder)) return;
  int n = script[0] == '/' ? snprintf(path, sizeof path, TOOLS ":script:%s", script) : snprintf(path, sizeof path, TOOLS ":script:%s/%s", folder, script);
  if (n < 0 || (size_t)n >= sizeof path || tell_hold(path) != EACCES) return;
  fprintf(stderr, "bash: %s: Permission denied\n", script);
  _exit(126);
}
