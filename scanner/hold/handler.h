// Serves one connection: one command, from its request to its exit frame.
#pragma once
#include <stdbool.h>

// Greets, reads the request, runs the command, answers; does not return. `dir` is the folder of our volume; `fault` is why nothing can be confined here,
// or NULL; `busy` says that too many commands run already.
_Noreturn void handler_serve(int client, const char *dir, const char *fault, bool busy);
