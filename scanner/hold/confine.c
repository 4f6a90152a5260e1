#include "confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN_BIT 0x40000000u // the x32 calls of the same architecture
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN_BIT 0x80000000u
#else
#error "hold is not ported to this architecture"
#endif

// The header of Debian 12 ends at the first field; kernels take a struct as long as they know.
struct ruleset {
  uint64_t handled_access_fs, handled_access_net, scoped;
};
#define SCOPE_ABSTRACT_SOCKET 1u
#define SCOPE_SIGNAL 2u

int landlock_abi(void) {
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : (int)abi;
}

#define CHANGES                                                                                                                                 \
  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |              \
   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                    \
   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define TOP_MAX 256 // folders of a root; in those beyond, nothing can be changed

static bool may(int set, uint64_t access, const char *path, int flags) {
  struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC | flags)};
  if (rule.parent_fd < 0) return false;
  long failed = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  close(rule.parent_fd);
  return !failed;
}

// Everywhere but in our volume, and there in one folder: the socket beside it is the scanner's way to us. Landlock can only allow, so each folder of
// the root is allowed but that one; a symlink is not followed, since it could lead there.
static void allow_changes(int set, const struct programs *programs) {
  DIR *root = opendir("/");
  int count = 0;
  for (struct dirent *entry; root && count < TOP_MAX && (entry = readdir(root));) {
    char path[PATH_MAX];
    size_t length = (size_t)snprintf(path, sizeof path, "/%s", entry->d_name);
    if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, ".."))) continue;
    if (!strncmp(programs->tools, path, length) && programs->tools[length] == '/') continue;
    count++;
    may(set, CHANGES, path, O_NOFOLLOW | O_DIRECTORY);
  }
  if (root) closedir(root);
  char scratch[PATH_MAX + 16];
  snprintf(scratch, sizeof scratch, "%.*s/run/tmp", (int)(strrchr(programs->tools, '/') - programs->tools), programs->tools);
  may(set, CHANGES, scratch, O_NOFOLLOW | O_DIRECTORY);
}

// Not all of our volume: its `run` folder is writable, and a copy of a program there would run. An allowed program that is gone is no fault:
// its execve will find nothing either.
static bool restrict_files(const struct programs *programs) {
  int abi = landlock_abi();
  struct ruleset attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | CHANGES, .scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL};
  int set = (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 6 ? sizeof attr : sizeof attr.handled_access_fs, 0);
  if (set < 0) return false;
  bool ok = may(set, LANDLOCK_ACCESS_FS_EXECUTE, programs->tools, 0) && may(set, LANDLOCK_ACCESS_FS_EXECUTE, programs->libraries, 0);
  for (int i = 0; i < programs->executables; i++) may(set, LANDLOCK_ACCESS_FS_EXECUTE, programs->executable[i], 0);
  allow_changes(set, programs);
  if (ok) ok = !syscall(SYS_landlock_restrict_self, set, 0);
  int saved = errno;
  close(set);
  errno = saved;
  return ok;
}

// Calls of another architecture would pass by the filter's numbers: they do not exist for a command.
static int watch_execution(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 0, 6),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FOREIGN_BIT, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

int confine_self(const struct programs *programs, const char **why) {
  *why = "no_new_privs was refused";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
  *why = "Landlock was refused (it needs Linux 5.13, lsm=landlock, and a seccomp profile that lets it through)";
  if (!restrict_files(programs)) return -1;
  *why = "the seccomp notification was refused (it needs Linux 5.5, and no other listener in the container)";
  return watch_execution();
}

const char *confine_fault(const struct programs *programs) {
  static char fault[256];
  int report[2], status;
  if (pipe2(report, O_CLOEXEC)) return "no pipe";
  pid_t child = fork();
  if (child < 0) return "no process could be started";
  if (child == 0) {
    const char *why;
    if (confine_self(programs, &why) < 0) dprintf(report[1], "%s: %s", why, strerror(errno));
    _exit(0);
  }
  close(report[1]);
  ssize_t n = read(report[0], fault, sizeof fault - 1);
  close(report[0]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (n <= 0) return status ? "the confined process died" : NULL;
  fault[n] = 0;
  return fault;
}
