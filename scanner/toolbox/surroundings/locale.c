// Locales: the toolbox has two, C and C.UTF-8. The container's variables choose, by whether they name one at all.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "surroundings.h"

static const char *variable_of(int category) {
  static const char *const names[] = {[LC_CTYPE] = "LC_CTYPE", [LC_NUMERIC] = "LC_NUMERIC", [LC_TIME] = "LC_TIME", [LC_COLLATE] = "LC_COLLATE", [LC_MONETARY] = "LC_MONETARY", [LC_MESSAGES] = "LC_MESSAGES"};
  if (category == LC_ALL) return "LC_CTYPE";
  return category >= 0 && category < (int)(sizeof names / sizeof *names) && names[category] ? names[category] : "LANG";
}

static const char *chosen(int category) {
  const char *order[] = {"LC_ALL", variable_of(category), "LANG"};
  for (int i = 0; i < 3; i++) {
    const char *value = getenv(order[i]);
    if (value && *value) return value;
  }
  return "C";
}

EXPORTED char *setlocale(int category, const char *locale) {
  char *(*next)(int, const char *) = (char *(*)(int, const char *))dlsym(RTLD_NEXT, "setlocale");
  if (!next || !locale) return next ? next(category, NULL) : NULL;
  if (!*locale) locale = chosen(category);
  // env and printenv hold the container's LOCPATH and GCONV_PATH, and need no locale
  if (!strcmp(tool_name(), "env") || !strcmp(tool_name(), "printenv")) locale = "C";
  bool plain = !strcmp(locale, "C") || !strcmp(locale, "POSIX");
  return next(category, plain ? "C" : "C.UTF-8");
}
