#include "server.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "environment.h"
#include "frame.h"
#include "handler.h"
#include "processes.h"
#include "verdict.h"

#define COMMANDS_MAX 32

struct server {
  const char *dir;
  const char *fault; // why nothing can be confined here, or NULL
  int socket, signals;
  pid_t handlers[COMMANDS_MAX];
};

// The name appears by rename, once connections are accepted: whoever sees it can connect. A stale one of a container that was restarted is replaced.
static int listen_at(const char *dir) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  char final[PATH_MAX];
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/run/.hold.%d", dir, getpid());
  snprintf(final, sizeof final, "%s/run/hold.sock", dir);
  if (fd < 0 || n < 0 || (size_t)n >= sizeof at.sun_path) return -1;
  unlink(at.sun_path);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) || chmod(at.sun_path, 0666) || listen(fd, 64) || rename(at.sun_path, final)) {
    unlink(at.sun_path);
    return -1;
  }
  return fd;
}

// The first mount that a process sees; -1 if it is gone. Everybody may read it, and its number is that of one mount namespace alone.
static long first_mount(const char *pid) {
  char path[64];
  long id = -1;
  snprintf(path, sizeof path, "/proc/%s/mountinfo", pid);
  FILE *mounts = fopen(path, "re");
  if (mounts && fscanf(mounts, "%ld", &id) != 1) id = -1;
  if (mounts) fclose(mounts);
  return id;
}

// The mode of the socket lets anyone connect, since user namespaces and volume owners differ; the peer's credentials decide.
// A peer whose PID is 0 is not of this pod's PID namespace; one of our own container is a command, which must not start others than the scan allows.
static bool may_ask(int client) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size)) return false;
  if (peer.pid <= 0 || (peer.uid != 0 && peer.uid != geteuid())) return false;
  char pid[32];
  snprintf(pid, sizeof pid, "%d", peer.pid);
  long mount = first_mount(pid);
  return mount >= 0 && mount != first_mount("self");
}

static pid_t *free_place(struct server *server) {
  for (int i = 0; i < COMMANDS_MAX; i++)
    if (!server->handlers[i]) return &server->handlers[i];
  return NULL;
}

static void accept_one(struct server *server) {
  int client = accept4(server->socket, NULL, NULL, SOCK_CLOEXEC);
  if (client < 0) return;
  pid_t *place = free_place(server), pid;
  if (!may_ask(client)) {
    frame_printf(client, 'F', "forbidden the peer is not the scanner");
  } else if ((pid = fork()) == 0) {
    close(server->socket), close(server->signals);
    handler_serve(client, server->dir, server->fault, !place);
  } else if (pid < 0) {
    frame_printf(client, 'F', "busy no process could be started");
  } else if (place) {
    *place = pid;
  }
  close(client);
}

// As the first process of its PID namespace, hold also gets the orphans of whatever else runs in the container.
static void reap(struct server *server) {
  for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
    for (int i = 0; i < COMMANDS_MAX; i++)
      if (server->handlers[i] == pid) server->handlers[i] = 0;
}

// The one folder of our volume in which tools may write: copies of package databases.
static void make_scratch(const char *dir) {
  char scratch[PATH_MAX];
  if (snprintf(scratch, sizeof scratch, "%s/run/tmp", dir) < PATH_MAX && !mkdir(scratch, 0700)) chmod(scratch, 01777);
}

static bool start(struct server *server) {
  static struct programs programs;
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGTERM), sigaddset(&watched, SIGINT), sigaddset(&watched, SIGCHLD);
  sigprocmask(SIG_BLOCK, &watched, NULL);
  signal(SIGPIPE, SIG_IGN), signal(SIGHUP, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1); // what a killed handler leaves comes to us, not to the pod's first process
  make_scratch(server->dir);
  server->fault = programs_find(&programs, server->dir, NULL, environment_path()) ? confine_fault(&programs) : "the toolbox is not there";
  server->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  server->socket = listen_at(server->dir);
  return server->signals >= 0 && server->socket >= 0;
}

int server_run(const char *dir) {
  static struct server server;
  server.dir = dir;
  if (!start(&server)) {
    fprintf(stderr, "hold: cannot listen in %s/run: %s\n", dir, strerror(errno));
    return 1;
  }
  if (server.fault) fprintf(stderr, "hold: commands will be refused: %s\n", server.fault);
  for (;;) {
    struct pollfd p[2] = {{.fd = server.signals, .events = POLLIN}, {.fd = server.socket, .events = POLLIN}};
    if (poll(p, 2, -1) < 0 && errno != EINTR) return 1;
    struct signalfd_siginfo signal_info;
    while (read(server.signals, &signal_info, sizeof signal_info) == (ssize_t)sizeof signal_info) {
      if (signal_info.ssi_signo == SIGCHLD) continue;
      processes_end();
      return 0;
    }
    reap(&server);
    if (p[1].revents & POLLIN) accept_one(&server);
  }
}
