/* A hostile service: it kills every process that it can see and that lives in another mount namespace, over and over. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Younger processes are let live: a container that dies while its engine still starts it is another fault than the one that is tested. */
static const double GROWN_UP_SECONDS = 0.4;

/* The mount namespace of a process as text; empty where it may not be seen, which says that the process is not one of ours. */
static void namespace_of(const char *pid, char *text, size_t size) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
  ssize_t length = readlink(path, text, size - 1);
  text[length > 0 ? length : 0] = '\0';
}

/* True if the process has run for a while and is not the engine's own start-up process, whose name is "runc:[…]". */
static int grown_up(const char *pid) {
  char path[300], line[1024];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  size_t length = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  line[length] = '\0';
  char *rest = strrchr(line, ')');
  unsigned long long started = 0; /* field 22, in clock ticks since boot */
  const char *fields = " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu";
  if (!rest || strstr(line, "(runc:") || sscanf(rest + 1, fields, &started) != 1) return 0;
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  double age = (double)now.tv_sec + now.tv_nsec / 1e9 - (double)started / (double)sysconf(_SC_CLK_TCK);
  return age > GROWN_UP_SECONDS;
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
      if (strcmp(mine, theirs) != 0 && grown_up(entry->d_name)) kill(pid, SIGKILL);
    }
    if (all) closedir(all);
    usleep(20000);
  }
}
