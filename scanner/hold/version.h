#pragma once
#define HOLD_VERSION "1.0.0"
