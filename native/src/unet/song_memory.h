// What passes of DDPM++ and NCSN++ need.
#pragma once

#include "plain_memory.h"

namespace cm4j {

// As plain_bytes, for kinds of is_song.
PlainBytes song_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint);

}  // namespace cm4j
