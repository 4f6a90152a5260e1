// The socket of hold: accepts, checks who asks, and starts a handler for each connection.
#pragma once

// Serves until SIGTERM or SIGINT; returns the exit status. `dir` is the folder of our volume.
int server_run(const char *dir);
