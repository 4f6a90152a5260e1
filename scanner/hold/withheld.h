// Variables of the container that would load code or configuration of the image into our tools, or run it as the shell starts. They travel under
// another name: hold and the tools' library rename them for each of our programs, and `env`, `printenv` and bash show them as they are.
#pragma once
#include <stdbool.h>
#include <string.h>

#define WITHHELD_PREFIX "SIDESCAN:"
#define WITHHELD_PREFIX_LENGTH (sizeof WITHHELD_PREFIX - 1)

static inline bool withheld_matches(const char *variable, const char *const *patterns) {
  size_t n = strcspn(variable, "=");
  for (; *patterns; patterns++) {
    size_t length = strlen(*patterns);
    bool open_ended = (*patterns)[length - 1] == '*';
    if (open_ended ? n >= length - 1 && !strncmp(variable, *patterns, length - 1) : n == length && !strncmp(variable, *patterns, n)) return true;
  }
  return false;
}

// Read by the loader alone, before a program starts: a shell may show them.
static inline bool withheld_of_loader(const char *variable) {
  static const char *const patterns[] = {"LD_*", "GLIBC_TUNABLES", NULL};
  return withheld_matches(variable, patterns);
}

static inline bool withheld(const char *variable) {
  static const char *const patterns[] = {
      "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "MALLOC_*", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_HOST_CONF", "LANGUAGE",
      "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "BASH_FUNC_*", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "BASH_COMPAT", "PS4", "PROMPT_COMMAND", "GLOBIGNORE",
      "AWKPATH", "AWKLIBPATH", "TAR_OPTIONS", NULL};
  return withheld_of_loader(variable) || withheld_matches(variable, patterns);
}
