// hold: the process of a held target container (no arguments), and, as `install-toolbox DIR`, what puts the tools there.
#include <stdio.h>
#include <string.h>

#include "install.h"
#include "server.h"
#include "version.h"

int main(int count, char **arguments) {
  const char *slash = strrchr(arguments[0] ? arguments[0] : "", '/');
  const char *name = slash ? slash + 1 : arguments[0] ? arguments[0] : "";
  if (!strcmp(name, "install-toolbox")) {
    if (count == 2) return install_toolbox(arguments[1]);
    fputs("usage: install-toolbox DIR\n", stderr);
    return 2;
  }
  if (count == 2 && !strcmp(arguments[1], "--version")) return puts("hold " HOLD_VERSION) < 0;
  if (count == 2 && arguments[1][0] == '/') return server_run(arguments[1]);
  if (count == 1) return server_run("/sidescan");
  fputs("usage: hold [DIR]\n", stderr);
  return 2;
}
