// A library that no tool may load: it tells of itself and ends the process.
#include <unistd.h>

__attribute__((constructor)) static void caught(void) {
  static const char text[] = "TRAP: a library of the image was loaded\n";
  ssize_t written = write(2, text, sizeof text - 1);
  _exit(written ? 99 : 98);
}
