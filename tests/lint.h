/* Included before each source that is analysed: analysers do not look into variadic functions of
 * other files, and would follow paths where these return something else than -1. */

#include "base/error.h"

#define error_set(...) (error_set(__VA_ARGS__), -1)
#define error_errno(...) (error_errno(__VA_ARGS__), -1)
