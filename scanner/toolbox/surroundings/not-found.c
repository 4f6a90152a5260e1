// bash's `exec NAME` of a name that is nowhere calls no function and no execve: it only looks up the text of its message, and here hold learns of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "surroundings.h"

static void tell_name(const char *command) {
  char path[PATH_MAX];
  const char *word = command + strcspn(command, " ");
  for (word += strspn(word, " "); *word == '-'; word += strspn(word, " ")) {
    bool takes_name = word[1] == 'a' && word[2] == ' ';
    word += strcspn(word, " ");
    if (takes_name) word += strspn(word, " "), word += strcspn(word, " ");
  }
  snprintf(path, sizeof path, TOOLS "%.*s", (int)strcspn(word, " "), *word ? word : "exec");
  tell_hold(path);
}

char *dcgettext(const char *, const char *, int);
EXPORTED char *dcgettext(const char *domain, const char *text, int category) {
  char *(*next)(const char *, const char *, int) = (char *(*)(const char *, const char *, int))dlsym(RTLD_NEXT, "dcgettext");
  if (!strcmp(text, "%s: not found")) {
    char **builtin = dlsym(RTLD_DEFAULT, "this_command_name"), **command = dlsym(RTLD_DEFAULT, "the_printed_command_except_trap");
    if (builtin && *builtin && !strcmp(*builtin, "exec")) tell_name(command && *command ? *command : "");
  }
  return next ? next(domain, text, category) : (char *)(unsigned long)text;
}
