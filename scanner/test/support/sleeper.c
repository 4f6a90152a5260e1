// The process of a test's target: it does nothing, and needs nothing of the root that it runs in. With an argument: ends after so many seconds.
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc > 1) return (int)sleep((unsigned)atoi(argv[1]));
  for (;;) pause();
}
