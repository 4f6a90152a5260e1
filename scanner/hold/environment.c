#include "environment.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What of the container's environment does not reach the tools: it would load code or configuration of the image into them, or change how the
// shell starts. Locales are ours: the image's may not exist, and messages must be the C ones.
static const char *const WITHHELD[] = {
    "PATH", "LANG", "LANGUAGE", "LC_*",
    "LD_*", "GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "TZDIR", "MALLOC_*", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_HOST_CONF",
    "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "BASH_FUNC_*", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "BASH_COMPAT", "PS4", "PROMPT_COMMAND", "CDPATH", "GLOBIGNORE", "IFS",
    "POSIXLY_CORRECT", "POSIX_ME_HARDER", "GREP_OPTIONS", "GREP_COLOR*", "AWKPATH", "AWKLIBPATH", "AWKREADFUNC", "GAWK_*", "AWK_HASH", "TAR_OPTIONS", "GZIP", "MODPROBE_OPTIONS",
    "LIBMOUNT_*", "LIBSMARTCOLS_*", "DPKG_*", "PS_FORMAT", "PS_PERSONALITY", "I_WANT_A_BROKEN_PS", "LIBPROC_*", "PAGER", "LESSOPEN", "LESSCLOSE", NULL};

static bool is_withheld(const char *variable) {
  char name[256];
  size_t n = strcspn(variable, "=");
  if (n >= sizeof name) return true;
  memcpy(name, variable, n);
  name[n] = 0;
  for (const char *const *pattern = WITHHELD; *pattern; pattern++)
    if (!fnmatch(*pattern, name, 0)) return true;
  return false;
}

const char *environment_path(void) {
  const char *path = getenv("PATH");
  return path && *path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

char **environment_build(const char *tools, const char *more) {
  size_t count = 0, used = 0;
  while (environ[count]) count++;
  char **result = calloc(count + 4, sizeof *result);
  if (!result) return NULL;
  if (asprintf(&result[used++], "PATH=%s%s%s", tools, *more ? ":" : "", more) < 0) return NULL;
  result[used++] = "LC_ALL=C.UTF-8";
  // A name that bash does not find never reaches execve. The function is inherited by every bash below this one.
  if (asprintf(&result[used++], "BASH_FUNC_command_not_found_handle%%%%=() { printf '%%s\\0' \"$1\" >&%d; printf 'bash: %%s: command not found\\n' \"$1\" >&2; return 127; }", MISSING_FD) < 0) return NULL;
  for (size_t i = 0; i < count; i++)
    if (!is_withheld(environ[i])) result[used++] = environ[i];
  return result;
}
