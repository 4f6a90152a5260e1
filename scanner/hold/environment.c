#include "environment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "withheld.h"

const char *environment_path(void) {
  const char *path = getenv("PATH");
  return path && *path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// An image without a PATH gets the usual one, as its runtime would give it.
char **environment_build(void) {
  size_t count = 0, used = 0;
  while (environ[count]) count++;
  char **result = calloc(count + 2, sizeof *result);
  if (!result || asprintf(&result[used++], "PATH=%s", environment_path()) < 0) return NULL;
  for (size_t i = 0; i < count; i++) {
    if (!strncmp(environ[i], "PATH=", 5)) continue;
    if (!withheld(environ[i])) result[used++] = environ[i];
    else if (asprintf(&result[used++], "%s%s", WITHHELD_PREFIX, environ[i]) < 0) return NULL;
  }
  return result;
}
