// A program of the image: what it prints shows that it ran. `app --make-child NAME` starts another program.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count == 3 && !strcmp(arguments[1], "--start")) {
    execl(arguments[2], arguments[2], (char *)0);
    perror(arguments[2]);
    return 126;
  }
  printf("the image's own program ran as uid %u\n", (unsigned)getuid());
  return 0;
}
