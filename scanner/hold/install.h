// Puts the toolbox into the volume that the pod's containers share.
#pragma once

// Copies the folder that this program lies in to `to`; returns the exit status.
int install_toolbox(const char *to);
