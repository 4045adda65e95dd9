/* The header alone is plain C11: this file includes nothing before it and is compiled with -pedantic. */
#include "cm4j.h"

_Static_assert(sizeof(cm_status) == 4, "a status is 32 bits wide");
_Static_assert(CM_INFO_SIZES + 2 * CM_MAX_RANK == CM_INFO_LENGTH, "sizes and strides fill the info array");

int main(void) { return cm_abi_version() == CM_ABI_VERSION ? 0 : 1; }
