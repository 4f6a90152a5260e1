/* A hostile service: it kills every process that it can see and that lives in another mount namespace, over and over. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The mount namespace of a process as text; empty where it may not be seen, which says that the process is not one of ours. */
static void namespace_of(const char *pid, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
  ssize_t length = readlink(path, text, size - 1);
  text[length > 0 ? length : 0] = '\0';
}

int main(void) {
  char mine[64], theirs[64];
  namespace_of("self", mine, sizeof mine);
  for (;;) {
    DIR *all = opendir("/proc");
    struct dirent *entry;
    while (all && (entry = readdir(all))) {
      int pid = atoi(entry->d_name);
      if (pid <= 1 || pid == getpid()) continue;
      namespace_of(entry->d_name, theirs, sizeof theirs);
      if (strcmp(mine, theirs) != 0) kill(pid, SIGKILL);
    }
    if (all) closedir(all);
    usleep(20000);
  }
}
